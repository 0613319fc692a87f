//! Numbers that look random and depend on nothing but the brief and the seed.

/// The `SplitMix64` generator.
pub(crate) struct Random(u64);

impl Random {
    /// A generator of its own for every text and seed.
    pub(crate) fn new(text: &str, seed: u64) -> Self {
        // FNV-1a, 64 bits.
        let hash = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        let mut random = Self(hash ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to, but without, 1.
    fn unit(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or(0)) / 4_294_967_296.0
    }

    /// Between two numbers.
    pub(crate) fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.unit()
    }

    /// Less than `count`; 0 where that is 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let count = u64::try_from(count).unwrap_or(1).max(1);
        usize::try_from(self.next() % count).unwrap_or(0)
    }

    /// True in that share of cases.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// One of several, or the default where there are none.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T], default: T) -> T {
        let at = self.below(items.len());
        items.get(at).copied().unwrap_or(default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depends_on_text_and_seed_only() {
        let draw = |text: &str, seed| {
            let mut random = Random::new(text, seed);
            (0..4).map(|_| random.below(1000)).collect::<Vec<usize>>()
        };
        assert_eq!(draw("a brief", 7), draw("a brief", 7));
        assert_ne!(draw("a brief", 7), draw("a brief", 8));
        assert_ne!(draw("a brief", 7), draw("another", 7));
    }

    #[test]
    fn stays_within_its_bounds() {
        let mut random = Random::new("", 0);
        for _ in 0..1000 {
            assert!((2.0..5.0).contains(&random.between(2.0, 5.0)));
            assert!(random.below(3) < 3);
        }
        assert_eq!(random.below(0), 0);
        assert_eq!(random.pick(&[], 9), 9);
    }
}
