//! What is sold, what a subscription's state entitles to, and what a gift code looks like.

use std::fmt;

/// A plan that is paid for by the month (promise a31). Free is what everybody has without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PaidPlan {
    /// 100,000 tokens a day by default.
    Starter,
    /// 500,000 tokens a day by default.
    Pro,
    /// 2,000,000 tokens a day by default.
    Agency,
}

impl PaidPlan {
    /// Every plan, the smallest first.
    pub const ALL: [Self; 3] = [Self::Starter, Self::Pro, Self::Agency];

    /// The name as in the contract and in the table `plans`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Starter => "starter",
            Self::Pro => "pro",
            Self::Agency => "agency",
        }
    }

    /// The plan of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plan| plan.name() == name)
    }
}

/// Something to buy: `starter`, `pro`, `agency` or `credits-<n>` (contract, *Billing*).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A monthly subscription.
    Plan(PaidPlan),
    /// A pack of so many tokens, bought once, without expiry (promise a31).
    Credits(i64),
}

/// What a price's lookup key begins with at Stripe, since an account there may sell other things too.
const LOOKUP_PREFIX: &str = "asknpic-";
/// The most digits of a number of tokens.
const CREDITS_DIGITS: usize = 10;

impl Item {
    /// Reads a name. A number of tokens has no sign, no leading zero and at most ten digits.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let Some(number) = name.strip_prefix("credits-") else { return PaidPlan::from_name(name).map(Self::Plan) };
        let sound = (1..=CREDITS_DIGITS).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && !number.starts_with('0');
        number.parse().ok().filter(|_| sound).map(Self::Credits)
    }

    /// The lookup key of its price at Stripe: the ids of prices differ from account to account and change with the amount.
    #[must_use]
    pub fn lookup_key(self) -> String {
        format!("{LOOKUP_PREFIX}{self}")
    }

    /// The item of a lookup key of ours.
    #[must_use]
    pub fn from_lookup_key(key: &str) -> Option<Self> {
        key.strip_prefix(LOOKUP_PREFIX).and_then(Self::parse)
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan(plan) => f.write_str(plan.name()),
            Self::Credits(tokens) => write!(f, "credits-{tokens}"),
        }
    }
}

/// The state of a subscription, as Stripe names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The first payment has not been made yet.
    Incomplete,
    /// A trial runs.
    Trialing,
    /// Paid.
    Active,
    /// A renewal was not paid, and Stripe tries again.
    PastDue,
    /// Stripe has given up trying.
    Unpaid,
    /// A trial ended without a means of payment.
    Paused,
    /// The first payment was never made. Final.
    IncompleteExpired,
    /// Ended. Final.
    Canceled,
}

impl Status {
    /// Every state, in the order in which they can follow each other within one second.
    pub const ALL: [Self; 8] = [
        Self::Incomplete,
        Self::Trialing,
        Self::Active,
        Self::PastDue,
        Self::Unpaid,
        Self::Paused,
        Self::IncompleteExpired,
        Self::Canceled,
    ];

    /// Stripe's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Unpaid => "unpaid",
            Self::Paused => "paused",
            Self::IncompleteExpired => "incomplete_expired",
            Self::Canceled => "canceled",
        }
    }

    /// The state of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether the state gives the plan: the one rule from subscription to entitlement. While Stripe tries a failed payment again
    /// (`past_due`) the plan stays; once it has given up, by the account's settings there, it sends `unpaid` or `canceled`.
    /// `withheld`: the collection of payments is paused by an operator who does not serve meanwhile (Stripe's behaviour `void`).
    #[must_use]
    pub fn entitles(self, withheld: bool) -> bool {
        match self {
            Self::Trialing | Self::Active | Self::PastDue => !withheld,
            Self::Incomplete | Self::Unpaid | Self::Paused | Self::IncompleteExpired | Self::Canceled => false,
        }
    }
}

/// The place of a state among those of the same second, for Stripe's times are whole seconds, by what can follow what: the creation comes
/// first, then what a first payment leads to, then what becomes worse, then what was mended again (`previous` tells where it came from), an
/// end last. States of one place follow each other by the end of what is paid, and at last by their events' ids, which is arbitrary and
/// always the same.
#[must_use]
pub fn rank(creation: bool, previous: Option<Status>, status: Status) -> i16 {
    const WORSE: [Status; 3] = [Status::PastDue, Status::Unpaid, Status::Paused];
    if creation {
        return 0;
    }
    match (status, previous) {
        (Status::Trialing | Status::Active, Some(previous)) if WORSE.contains(&previous) => 7,
        (Status::Incomplete, _) => 1,
        (Status::Trialing, _) => 2,
        (Status::Active, _) => 3,
        (Status::PastDue, _) => 4,
        (Status::Unpaid, _) => 5,
        (Status::Paused, _) => 6,
        (Status::IncompleteExpired, _) => 8,
        (Status::Canceled, _) => 9,
    }
}

/// What a subscription that exists means for somebody who wants a plan: the one rule of the overview's and the checkout's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It gives its plan: another is a change of it.
    Runs,
    /// It is there and gives nothing until its open invoice is paid, or the means of payment is changed: that is done in the portal.
    Owes,
    /// It is over, or was never paid: a new one may be bought.
    Over,
}

impl Status {
    /// What a subscription in this state means; `withheld` as for [`Self::entitles`].
    #[must_use]
    pub fn standing(self, withheld: bool) -> Standing {
        match self {
            Self::Incomplete | Self::IncompleteExpired | Self::Canceled => Standing::Over,
            _ if self.entitles(withheld) => Standing::Runs,
            _ => Standing::Owes,
        }
    }
}

/// The state of a claim of a bank's, as Stripe names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeStatus {
    /// An inquiry: the bank asks, and takes nothing.
    WarningNeedsResponse,
    /// An inquiry that was answered.
    WarningUnderReview,
    /// An inquiry that came to nothing.
    WarningClosed,
    /// The bank has taken the money.
    NeedsResponse,
    /// Likewise, and we have answered.
    UnderReview,
    /// The bank keeps it.
    Lost,
    /// It came back.
    Won,
    /// It was settled by a refund before it began.
    Prevented,
}

/// What a claim does to the money of its payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing.
    None,
    /// It is gone.
    Taken,
    /// It is back, whatever was before.
    Returned,
}

impl DisputeStatus {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::WarningNeedsResponse,
        Self::WarningUnderReview,
        Self::WarningClosed,
        Self::NeedsResponse,
        Self::UnderReview,
        Self::Lost,
        Self::Won,
        Self::Prevented,
    ];

    /// Stripe's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::WarningNeedsResponse => "warning_needs_response",
            Self::WarningUnderReview => "warning_under_review",
            Self::WarningClosed => "warning_closed",
            Self::NeedsResponse => "needs_response",
            Self::UnderReview => "under_review",
            Self::Lost => "lost",
            Self::Won => "won",
            Self::Prevented => "prevented",
        }
    }

    /// The state of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// What it does to the money.
    #[must_use]
    pub fn claim(self) -> Claim {
        match self {
            Self::WarningNeedsResponse | Self::WarningUnderReview | Self::WarningClosed | Self::Prevented => Claim::None,
            Self::NeedsResponse | Self::UnderReview | Self::Lost => Claim::Taken,
            Self::Won => Claim::Returned,
        }
    }
}

/// The state of a refund, as Stripe names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundStatus {
    /// On its way.
    Pending,
    /// The person has to say where to.
    RequiresAction,
    /// Paid back.
    Succeeded,
    /// It did not arrive: the money is ours again.
    Failed,
    /// It was taken back before it left.
    Canceled,
}

impl RefundStatus {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Pending, Self::RequiresAction, Self::Succeeded, Self::Failed, Self::Canceled];

    /// Stripe's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::RequiresAction => "requires_action",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// The state of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether the money came back to us.
    #[must_use]
    pub fn came_to_nothing(self) -> bool {
        matches!(self, Self::Failed | Self::Canceled)
    }
}

/// All that is known of money that went back, of one payment, in the currency's smallest unit. Sums and a maximum: neither order nor
/// repetition of what told it can matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reversals {
    /// The most that a charge has said to be refunded in all so far.
    pub charged_back: i64,
    /// The sum of the single refunds that are known, whatever became of them.
    pub refunds: i64,
    /// The sum of those that failed or were taken back.
    pub failed: i64,
    /// The sum of what banks have taken and not returned.
    pub claimed: i64,
}

/// How much of a payment is not ours any more. A refund may be known from its charge's total alone, or by itself, or both; each leaves out
/// what the other knows: the larger counts.
#[must_use]
pub fn reversed(amount: i64, known: Reversals) -> i64 {
    let refunded = (known.charged_back - known.failed).max(known.refunds - known.failed).max(0);
    amount.min(refunded + known.claimed)
}

/// The symbols of a gift code: digits and capital letters without `I`, `L`, `O` and `U`, which are read or heard as others
/// (Crockford's base 32). Five bits each.
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The symbols of a code: 100 random bits.
const GIFT_SYMBOLS: usize = 20;

/// The canonical form of a gift code as typed: capitals without separators, look-alikes put right. `None` for what cannot be a code.
#[must_use]
pub fn gift_code(typed: &str) -> Option<String> {
    let mut code = String::with_capacity(GIFT_SYMBOLS);
    for c in typed.chars().filter(|c| !matches!(c, '-' | ' ' | '\t')) {
        let symbol = match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let known = u8::try_from(symbol).is_ok_and(|byte| SYMBOLS.contains(&byte));
        if !known || code.len() == GIFT_SYMBOLS {
            return None;
        }
        code.push(symbol);
    }
    (code.len() == GIFT_SYMBOLS).then_some(code)
}

/// A gift code of random bytes, in its canonical form.
#[must_use]
pub fn gift_code_from_random(random: [u8; GIFT_SYMBOLS]) -> String {
    // 256 is a multiple of 32: the lowest five bits are as random as the byte.
    random.iter().map(|byte| char::from(SYMBOLS[usize::from(byte % 32)])).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn items_are_named_as_in_the_contract() {
        for name in ["starter", "pro", "agency", "credits-1", "credits-500000", "credits-9999999999"] {
            let item = Item::parse(name).expect(name);
            assert_eq!(item.to_string(), name);
            assert_eq!(Item::from_lookup_key(&item.lookup_key()), Some(item));
        }
        for name in
            ["", "free", "Pro", "credits", "credits-", "credits-0", "credits-05", "credits--5", "credits-+5", "credits-1e3"]
        {
            assert_eq!(Item::parse(name), None, "{name}");
        }
        assert_eq!(Item::parse("credits-10000000000"), None);
        assert_eq!(Item::from_lookup_key("pro"), None);
    }

    /// The whole rule as a table: state, gives the plan, gives it while payments are withheld.
    #[test]
    fn what_each_state_of_a_subscription_entitles_to() {
        let table = [
            ("incomplete", false, false),
            ("trialing", true, false),
            ("active", true, false),
            ("past_due", true, false),
            ("unpaid", false, false),
            ("paused", false, false),
            ("incomplete_expired", false, false),
            ("canceled", false, false),
        ];
        assert_eq!(table.len(), Status::ALL.len());
        for (name, entitled, withheld) in table {
            let status = Status::from_name(name).expect(name);
            assert_eq!((status.entitles(false), status.entitles(true)), (entitled, withheld), "{name}");
        }
        assert_eq!(Status::from_name("cancelled"), None);
    }

    #[test]
    fn states_of_one_second_are_in_the_order_they_can_happen() {
        use Status::{Active, Canceled, Incomplete, PastDue, Trialing, Unpaid};
        let at = |previous: Option<Status>, status: Status| rank(false, previous, status);
        for (name, story) in [
            ("a purchase", vec![rank(true, None, Incomplete), at(Some(Incomplete), Active), at(Some(Active), Canceled)]),
            ("a payment that is mended", vec![at(None, Active), at(Some(Active), PastDue), at(Some(PastDue), Active)]),
            ("given up and mended", vec![at(Some(PastDue), Unpaid), at(Some(Unpaid), Active), at(Some(Active), Canceled)]),
            (
                "a trial",
                vec![rank(true, None, Trialing), at(None, Trialing), at(Some(Trialing), Active), at(Some(Active), PastDue)],
            ),
        ] {
            assert!(story.is_sorted_by(|a, b| a < b), "{name}: {story:?}");
        }
        assert!(rank(true, None, Active) < at(None, Incomplete), "nothing comes before the creation");
        let previous = || std::iter::once(None).chain(Status::ALL.map(Some));
        assert!(
            previous().all(|from| Status::ALL.iter().all(|status| at(from, *status) <= at(None, Canceled))),
            "an end is final"
        );
    }

    #[test]
    fn overview_and_checkout_say_the_same_of_every_state() {
        for status in Status::ALL {
            for withheld in [false, true] {
                let standing = status.standing(withheld);
                assert_eq!(standing == Standing::Runs, status.entitles(withheld), "{status:?}");
            }
        }
        let owing = [Status::Unpaid, Status::Paused];
        assert!(owing.iter().all(|status| status.standing(false) == Standing::Owes));
        assert_eq!(Status::Active.standing(true), Standing::Owes);
    }

    /// What each state of a claim does, and each of a refund.
    #[test]
    fn what_money_went_back_by_every_state() {
        let (nothing, taken, back) = (Claim::None, Claim::Taken, Claim::Returned);
        for (name, claim) in [
            ("warning_needs_response", nothing),
            ("warning_under_review", nothing),
            ("warning_closed", nothing),
            ("needs_response", taken),
            ("under_review", taken),
            ("lost", taken),
            ("won", back),
            ("prevented", nothing),
        ] {
            assert_eq!(DisputeStatus::from_name(name).expect(name).claim(), claim, "{name}");
        }
        for (name, nothing) in
            [("pending", false), ("requires_action", false), ("succeeded", false), ("failed", true), ("canceled", true)]
        {
            assert_eq!(RefundStatus::from_name(name).expect(name).came_to_nothing(), nothing, "{name}");
        }
        let known = |charged_back, refunds, failed, claimed| Reversals { charged_back, refunds, failed, claimed };
        for (name, known, expected) in [
            ("nothing", known(0, 0, 0, 0), 0),
            ("told by the charge alone", known(150, 0, 0, 0), 150),
            ("told by both", known(300, 300, 0, 0), 300),
            ("it failed", known(300, 300, 300, 0), 0),
            ("it failed, and was never told by the charge", known(0, 300, 300, 0), 0),
            ("it failed and was repeated, which the charge tells alike", known(150, 300, 150, 0), 150),
            ("two, of which one failed, and the first is known by the charge alone", known(300, 150, 150, 0), 150),
            ("refunded and claimed", known(300, 300, 0, 300), 300),
            ("half refunded, then claimed", known(150, 150, 0, 150), 300),
            ("a failed refund of what a bank has taken", known(300, 300, 300, 300), 300),
        ] {
            assert_eq!(reversed(300, known), expected, "{name}");
        }
    }

    #[test]
    fn a_typed_code_may_be_grouped_lowered_and_misread() {
        let code = gift_code_from_random([0, 1, 31, 32, 255, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]);
        assert_eq!(code, "01Z0ZABCDEFGHJKMNPQR");
        assert_eq!(gift_code(" olz0-zabc defg-hjkm-npqr "), Some(code));
        for typed in
            ["", "01Z0-ZABC-DEFG-HJKM-NPQ", "01Z0-ZABC-DEFG-HJKM-NPQRS", "01Z0-ZABC-DEFG-HJKM-NPQU", "01Z0-ZABC-DEFG-HJKM-NPQé"]
        {
            assert_eq!(gift_code(typed), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn any_code_is_its_own_canonical_form(random: [u8; GIFT_SYMBOLS]) {
            let code = gift_code_from_random(random);
            prop_assert_eq!(gift_code(&code.to_lowercase()), Some(code));
        }
    }
}
