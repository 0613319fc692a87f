//! The admission of a generation to a tenant's daily quota: what it may take, waits for, or lacks (promises a19, a31, a32).
//!
//! The database decides by the same rule, under the tenant's lock (`api.generation_admit`); a test of the suite holds the two to each other.

/// What a generation asks for, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The most that all its calls can take: it is set aside where it is there.
    pub most: i64,
    /// The least that makes sense: every prompt of one try, and a sensible answer.
    pub least: i64,
    /// What of `least` are our own instructions.
    pub instructions: i64,
}

impl Demand {
    /// What a person's own words and a sensible answer take. With that much left the day's last generation runs, and what of our own
    /// instructions the quota does not hold is on the house: they take a twentieth of the smallest quota, and without this could keep
    /// as much from ever being spent.
    #[must_use]
    pub fn own(self) -> i64 {
        self.least - self.instructions
    }
}

/// A tenant's day, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// The plan's quota.
    pub quota: i64,
    /// What ended generations have cost it.
    pub used: i64,
    /// What running ones have set aside of it.
    pub reserved: i64,
}

/// Credits, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credits {
    /// There are, without what running generations have set aside.
    pub free: i64,
    /// Running generations have set aside.
    pub reserved: i64,
}

/// What becomes of a demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It runs, with this much set aside. It is never charged more than that and what the quota has besides.
    Admitted {
        /// Of the quota.
        quota: i64,
        /// Of the credits.
        credits: i64,
    },
    /// Only what other generations have set aside stands in the way: it is worth another try when one of them ends.
    Reserved,
    /// The day's tokens do not suffice.
    Exhausted,
}

/// The rule. `spend`: credits may pay what the quota does not, once that is used up.
#[must_use]
pub fn admit(day: Day, credits: Credits, spend: bool, demand: Demand) -> Admission {
    let left = (day.quota - day.used).max(0);
    let free = (left - day.reserved).max(0);
    let offered = if spend { credits.free.max(0) } else { 0 };
    let held = if spend { credits.reserved } else { 0 };
    let take = Admission::Admitted { quota: free.min(demand.most), credits: offered.min((demand.most - free).max(0)) };
    if free >= demand.own() {
        take
    } else if left >= demand.own() {
        Admission::Reserved
    } else if free + offered >= demand.least {
        take
    } else if left + offered + held >= demand.least {
        Admission::Reserved
    } else {
        Admission::Exhausted
    }
}

/// The most that the calls of an admitted generation may take together.
#[must_use]
pub fn budget(set_aside: i64, demand: Demand) -> i64 {
    set_aside.max(demand.least)
}

/// What a generation that cost so many tokens is charged for: of the quota, and of the credits. The quota pays as far as it reaches now, its
/// own reservation at least; what neither holds is on the house.
#[must_use]
pub fn settle(day: Day, set_aside: (i64, i64), cost: i64) -> (i64, i64) {
    let (quota, credits) = set_aside;
    let reach = quota.max(day.quota - day.used - (day.reserved - quota));
    let paid = credits.min((cost - reach).max(0));
    ((cost - paid).min(reach), paid)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Of a short brief, as `generate` computes it.
    const USUAL: Demand = Demand { most: 7_319, least: 2_143, instructions: 1_344 };
    const FREE: Day = Day { quota: 20_000, used: 0, reserved: 0 };
    const NONE: Credits = Credits { free: 0, reserved: 0 };

    fn day(used: i64, reserved: i64) -> Day {
        Day { used, reserved, ..FREE }
    }

    fn credits(free: i64, reserved: i64) -> Credits {
        Credits { free, reserved }
    }

    #[test]
    fn what_is_left_is_taken_where_it_is_enough() {
        use Admission::{Admitted, Exhausted, Reserved};
        let quota = |quota| Admitted { quota, credits: 0 };
        for (name, day, credits, spend, expected) in [
            ("a whole day", FREE, NONE, false, quota(7_319)),
            ("the last third", day(14_000, 0), NONE, false, quota(6_000)),
            ("beside two that run", day(0, 14_638), NONE, false, quota(5_362)),
            ("the last of it, our instructions on the house", day(19_201, 0), NONE, false, quota(799)),
            ("less than that", day(19_202, 0), NONE, false, Exhausted),
            ("others hold it", day(0, 20_000), NONE, false, Reserved),
            ("others hold it, and credits are not spent before it is used", day(0, 20_000), credits(50_000, 0), true, Reserved),
            ("credits unasked", day(20_000, 0), credits(50_000, 0), false, Exhausted),
            ("credits", day(20_000, 0), credits(50_000, 0), true, Admitted { quota: 0, credits: 7_319 }),
            ("quota first", day(19_900, 0), credits(50_000, 0), true, Admitted { quota: 100, credits: 7_219 }),
            ("the last credits", day(20_000, 0), credits(2_143, 0), true, Admitted { quota: 0, credits: 2_143 }),
            ("too few credits", day(20_000, 0), credits(2_142, 0), true, Exhausted),
            ("others hold the credits", day(20_000, 0), credits(100, 7_319), true, Reserved),
            ("a plan that became smaller", day(90_000, 0), NONE, false, Exhausted),
        ] {
            assert_eq!(admit(day, credits, spend, USUAL), expected, "{name}");
        }
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        /// One asks.
        Ask,
        /// Of those that run, one is delivered; it took this share of its budget, in thousandths.
        Deliver(usize, i64),
        /// One fails.
        Fail(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            3 => Just(Step::Ask),
            2 => (0_usize..8, 1_i64..=1_000).prop_map(|(which, share)| Step::Deliver(which, share)),
            1 => (0_usize..8).prop_map(Step::Fail),
        ];
        proptest::collection::vec(step, 0..80)
    }

    proptest! {
        /// Whatever arrives: never more than the whole quota is charged or promised, nobody is told that it is used up while others hold
        /// it, and when a person goes on asking until that is said, at least 95 % of it was spent.
        #[test]
        fn all_of_a_day_can_be_spent_and_no_more(
            quota in prop::sample::select(vec![20_000_i64, 100_000, 500_000]), most in 2_200_i64..9_000, own in 560_i64..=1_000, steps in steps(),
        ) {
            let demand = Demand { most, least: own + 1_344, instructions: 1_344 };
            let mut day = Day { quota, used: 0, reserved: 0 };
            let mut running: Vec<i64> = Vec::new();
            let end = |day: &mut Day, set_aside: i64, cost: Option<i64>| {
                let charged = cost.map_or(0, |cost| settle(*day, (set_aside, 0), cost).0);
                day.reserved -= set_aside;
                day.used += charged;
            };
            for step in steps {
                match step {
                    Step::Ask => match admit(day, NONE, false, demand) {
                        Admission::Admitted { quota, credits } => {
                            prop_assert_eq!(credits, 0);
                            day.reserved += quota;
                            running.push(quota);
                        }
                        Admission::Reserved => prop_assert!(!running.is_empty(), "nobody holds anything"),
                        Admission::Exhausted => prop_assert!(day.used * 100 >= quota * 95, "told too early: {:?}", day),
                    },
                    Step::Deliver(which, share) if !running.is_empty() => {
                        let set_aside = running.swap_remove(which % running.len());
                        end(&mut day, set_aside, Some(budget(set_aside, demand) * share / 1_000));
                    }
                    Step::Fail(which) if !running.is_empty() => {
                        let set_aside = running.swap_remove(which % running.len());
                        end(&mut day, set_aside, None);
                    }
                    Step::Deliver(..) | Step::Fail(_) => {}
                }
                prop_assert!(day.reserved >= 0 && day.used + day.reserved <= quota, "{day:?}");
            }
            for set_aside in running {
                end(&mut day, set_aside, Some(demand.least));
            }
            let mut asked = 0;
            while let Admission::Admitted { quota, .. } = admit(day, NONE, false, demand) {
                day.reserved += quota;
                end(&mut day, quota, Some(1_500));
                asked += 1;
                prop_assert!(asked < 1_000);
            }
            prop_assert_eq!(admit(day, NONE, false, demand), Admission::Exhausted, "nothing runs");
            prop_assert!(day.used * 100 >= quota * 95 && day.used <= quota, "{day:?}");
        }

        #[test]
        fn credits_pay_only_what_the_quota_does_not(used in 0_i64..=20_000, free in 0_i64..50_000, cost in 0_i64..9_000) {
            let mut day = day(used, 0);
            if let Admission::Admitted { quota, credits: set_aside } = admit(day, credits(free, 0), true, USUAL) {
                prop_assert!(set_aside <= free && quota + set_aside <= USUAL.most);
                prop_assert!(set_aside == 0 || quota == 20_000 - used, "the quota first");
                day.reserved = quota;
                let (charged, paid) = settle(day, (quota, set_aside), cost);
                prop_assert!(paid <= set_aside && used + charged <= 20_000 && charged + paid <= cost);
                prop_assert!(paid == 0 || used + charged == 20_000, "to its last token");
            }
        }
    }
}
