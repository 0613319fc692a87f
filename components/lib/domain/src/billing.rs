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

/// The place of a state among those of the same second, for Stripe's times are whole seconds: the creation comes first, an end last.
#[must_use]
pub fn rank(creation: bool, status: Status) -> i16 {
    if creation {
        return 0;
    }
    let place = Status::ALL.iter().position(|other| *other == status).unwrap_or(Status::ALL.len());
    i16::try_from(place).unwrap_or(i16::MAX).saturating_add(1)
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
        let purchase = [rank(true, Status::Incomplete), rank(false, Status::Active), rank(false, Status::Canceled)];
        assert!(purchase.is_sorted_by(|a, b| a < b), "{purchase:?}");
        assert!(rank(true, Status::Active) < rank(false, Status::Incomplete), "nothing comes before the creation");
        assert!(rank(false, Status::Active) < rank(false, Status::PastDue), "a renewal is active until its payment fails");
        assert!(Status::ALL.iter().all(|status| rank(false, *status) <= rank(false, Status::Canceled)), "an end is final");
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
