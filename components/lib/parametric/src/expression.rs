//! Arithmetic over names. Total: every text has a value for every set of names, or is no expression at all.

/// How deep parentheses and signs may be nested.
const DEPTH: usize = 16;
/// How long an expression may be, in bytes.
const LENGTH: usize = 200;

/// What can be called. Angles are in degrees.
const FUNCTIONS: [&str; 8] = ["min", "max", "abs", "round", "floor", "mod", "sin", "cos"];

/// Why a text has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is not written as an expression is.
    Syntax,
    /// It uses a name that nothing has.
    Name,
}

/// The value of an expression: `+ - * /`, parentheses, [`FUNCTIONS`], numbers and names. Division by zero is zero, and so is
/// whatever is not finite.
///
/// # Errors
/// [`Fault`], where the text is not an expression or a name is unknown.
pub(crate) fn evaluate(text: &str, lookup: &dyn Fn(&str) -> Option<f64>) -> Result<f64, Fault> {
    if text.len() > LENGTH {
        return Err(Fault::Syntax);
    }
    let mut reader = Reader { rest: text, lookup };
    let value = reader.sum(0)?;
    if reader.peek().is_some() { Err(Fault::Syntax) } else { Ok(value) }
}

/// Whether a text is an expression, whatever its names stand for.
pub(crate) fn is_one(text: &str) -> bool {
    evaluate(text, &|_| Some(1.0)).is_ok()
}

struct Reader<'a> {
    rest: &'a str,
    lookup: &'a dyn Fn(&str) -> Option<f64>,
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}

impl<'a> Reader<'a> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.rest = &self.rest[wanted.len_utf8()..];
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), Fault> {
        if self.take(wanted) { Ok(()) } else { Err(Fault::Syntax) }
    }

    fn sum(&mut self, depth: usize) -> Result<f64, Fault> {
        let mut value = self.product(depth)?;
        loop {
            if self.take('+') {
                value = finite(value + self.product(depth)?);
            } else if self.take('-') {
                value = finite(value - self.product(depth)?);
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self, depth: usize) -> Result<f64, Fault> {
        let mut value = self.factor(depth)?;
        loop {
            if self.take('*') {
                value = finite(value * self.factor(depth)?);
            } else if self.take('/') {
                value = finite(value / self.factor(depth)?);
            } else {
                return Ok(value);
            }
        }
    }

    fn factor(&mut self, depth: usize) -> Result<f64, Fault> {
        if depth >= DEPTH {
            return Err(Fault::Syntax);
        }
        match self.peek() {
            Some('-') if self.take('-') => Ok(-self.factor(depth + 1)?),
            Some('+') if self.take('+') => self.factor(depth + 1),
            Some('(') if self.take('(') => {
                let value = self.sum(depth + 1)?;
                self.expect(')')?;
                Ok(value)
            }
            Some(c) if c.is_ascii_digit() || c == '.' => {
                let word = self.word(|c| c.is_ascii_digit() || c == '.');
                word.parse().map(finite).map_err(|_| Fault::Syntax)
            }
            // A `$` before a name is what models carry over from colours.
            Some('$') if self.take('$') => self.name(depth),
            Some(c) if c.is_ascii_alphabetic() => self.name(depth),
            _ => Err(Fault::Syntax),
        }
    }

    fn name(&mut self, depth: usize) -> Result<f64, Fault> {
        let word = self.word(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        if FUNCTIONS.contains(&word) && self.take('(') {
            let mut values = vec![self.sum(depth + 1)?];
            while self.take(',') {
                values.push(self.sum(depth + 1)?);
            }
            self.expect(')')?;
            return call(word, &values).map(finite).ok_or(Fault::Syntax);
        }
        (self.lookup)(word).map(finite).ok_or(Fault::Name)
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }
}

/// A function's value; nothing for a wrong number of arguments.
fn call(name: &str, values: &[f64]) -> Option<f64> {
    Some(match (name, values) {
        ("min", values) => values.iter().copied().fold(f64::INFINITY, f64::min),
        ("max", values) => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ("abs", [value]) => value.abs(),
        ("round", [value]) => value.round(),
        ("floor", [value]) => value.floor(),
        ("mod", [value, by]) => value.rem_euclid(*by),
        ("sin", [value]) => value.to_radians().sin(),
        ("cos", [value]) => value.to_radians().cos(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<f64, Fault> {
        evaluate(text, &|name| match name {
            "canvas.width" => Some(800.0),
            "margin" => Some(40.0),
            _ => None,
        })
    }

    #[test]
    fn computes() {
        assert_eq!(value("canvas.width * 0.5 - margin"), Ok(360.0));
        assert_eq!(value("-(1 + 2) * 3 / 2"), Ok(-4.5));
        assert_eq!(value("min(max(1, 5), 4, $margin)"), Ok(4.0));
        assert_eq!(value("1 / 0"), Ok(0.0));
        assert_eq!(value("mod(7, 4) + abs(0 - 2) + floor(1.9) + round(1.5)"), Ok(8.0));
        assert_eq!(value("mod(7, 0)"), Ok(0.0));
        assert!(value("sin(30) + cos(60)").is_ok_and(|n| (n - 1.0).abs() < 1e-12));
        assert_eq!(value("2 - 1 - 1"), Ok(0.0));
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(value("nothing + 1"), Err(Fault::Name));
        for text in ["", "1 +", "(1", "1 2", "1..2", "min(1", "é", "sin()", "sin(1, 2)", "mod(1)"] {
            assert_eq!(value(text), Err(Fault::Syntax), "{text}");
        }
        assert_eq!(value(&"(".repeat(17)), Err(Fault::Syntax));
        assert_eq!(value(&format!("{}1{}", "(".repeat(15), ")".repeat(15))), Ok(1.0));
        assert_eq!(value(&"1+".repeat(200)), Err(Fault::Syntax));
    }
}
