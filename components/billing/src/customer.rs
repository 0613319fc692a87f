//! The Stripe customer of a tenant.
//!
//! It is made, and linked in our database, before anything is paid: so every event of its payments finds its tenant by the customer's
//! id alone (promise a30), and an event of a customer whose tenant is gone finds nobody.

use jiff::Timestamp;
use store::accounts::billing::{self, Checkout};
use web::{Kind, Problem};

use crate::{State, refusal};

/// The customer, made where there is none yet, and made anew where somebody has deleted it at Stripe: without that nothing could ever be
/// bought again.
///
/// # Errors
/// 401 where the account was erased meanwhile, 5xx where Stripe or the database fails.
pub(crate) async fn of(state: &State, now: Timestamp, checkout: &Checkout) -> Result<String, Problem> {
    let failed = |error: stripe::Error| refusal::problem(&error);
    if let Some(customer) = &checkout.customer
        && state.stripe.has_customer(customer).await.map_err(failed)?
    {
        return Ok(customer.clone());
    }
    let gone = checkout.customer.as_deref();
    let made = state.stripe.create_customer(checkout.tenant, &checkout.email, checkout.language, gone).await.map_err(failed)?;
    if let Some(customer) = billing::link_customer(&state.accounts, now, checkout.tenant, &made, gone).await? {
        return Ok(customer);
    }
    // Erased between the two: what Stripe has just learned must go again.
    state.stripe.erase_customer(&made).await.map_err(failed)?;
    Err(Kind::Unauthenticated.into())
}
