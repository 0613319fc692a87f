//! Statements as data: what is sent, by whom, with which parameters, and what may come back.
//!
//! Each statement is declared once, beside the function that sends it. From its declaration come the SQL text with every argument
//! named (`p_now => $1`), a struct whose fields are those arguments, and its entry in [`ALL`], by which a test prepares every
//! statement as the role of each of its zones and compares what a SQL function can answer with what is decoded here.

use spin_sdk::pg::ParameterValue;

/// The four databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Home {
    /// People, sessions, generations' metadata, billing.
    Accounts,
    /// Encrypted briefs.
    Briefs,
    /// Encrypted files.
    Files,
    /// The encrypted training dataset.
    Dataset,
}

/// A zone: components that share a role of PostgreSQL (decision 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Zone {
    /// `signup`, `otp`, `session`, `account`, `oauth`.
    Identity,
    /// `generate`, `library`.
    Generation,
    /// `export`, `erase`.
    Rights,
    /// `billing`, `stripe-webhook`.
    Billing,
    /// `waitlist`, `support`.
    Contact,
    /// `lifecycle`, `dataset`.
    Lifecycle,
}

impl Zone {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Identity, Self::Generation, Self::Rights, Self::Billing, Self::Contact, Self::Lifecycle];

    /// The name of its role.
    #[must_use]
    pub const fn role(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Generation => "generation",
            Self::Rights => "rights",
            Self::Billing => "billing",
            Self::Contact => "contact",
            Self::Lifecycle => "lifecycle",
        }
    }
}

/// One statement.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// Module and struct, such as `signup::Begin`.
    pub name: &'static str,
    /// The text that is sent.
    pub sql: &'static str,
    /// The zones whose components send it.
    pub zones: &'static [Zone],
    /// `$1`, `$2`, … in their order.
    pub parameters: &'static [Argument],
    /// The result columns that hold one of a closed list of names.
    pub lists: &'static [List],
}

/// A parameter of a statement.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// As the SQL function calls it, without `p_`.
    pub name: &'static str,
    /// The type of PostgreSQL that its value is sent as.
    pub kind: &'static str,
    /// All values it can have, where these are a closed list; else empty.
    pub names: &'static [&'static str],
}

/// A result column that holds one of a closed list of names.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// The column; `outcome` also where the function returns nothing but that.
    pub column: &'static str,
    /// What the list is called here.
    pub name: &'static str,
    /// Every name that is decoded.
    pub names: &'static [&'static str],
}

/// A statement with its values.
pub(crate) trait Query {
    /// Of the registry, which no component needs: it is not in its file.
    const STATEMENT: Statement;
    /// [`Statement::name`], for logs.
    const NAME: &'static str;
    /// [`Statement::sql`].
    const SQL: &'static str;

    /// In the order of [`Statement::parameters`].
    fn values(self) -> Vec<ParameterValue>;
}

/// Every statement, by the database it is sent to.
pub const ALL: &[(Home, &[&[Statement]])] = &[
    (Home::Accounts, crate::accounts::STATEMENTS),
    (Home::Briefs, &[crate::briefs::STATEMENTS]),
    (Home::Files, &[crate::files::STATEMENTS]),
    (Home::Dataset, &[crate::dataset::STATEMENTS]),
];

/// Declares the statements of a module:
///
/// ```ignore
/// statements! {
///     Begin<'a> for [Identity] returns { outcome: BeginOutcome }:
///         "select outcome, wait from api.signup_begin" => (now: Timestamp, user: UserId, salt: &'a [u8]);
/// }
/// ```
///
/// makes `struct Begin<'a> { now, user, salt }` and the text `select outcome, wait from api.signup_begin(p_now => $1, p_user => $2,
/// p_salt => $3)`. What stands in round brackets becomes the arguments of the function at the text's end; in square brackets the text
/// stays as it is and numbers them itself. A type may be followed by a cast: `ids: &'a [GenerationId] as "::text[]::uuid[]"`.
macro_rules! statements {
    ($(
        $name:ident $(<$life:lifetime>)? for [$($zone:ident),+] $(returns { $($column:ident: $list:ty),+ })?:
        $head:expr => $parameters:tt;
    )+) => {
        /// Every statement of this module.
        pub(crate) const STATEMENTS: &[$crate::statement::Statement] = &[$(
            <$name as $crate::statement::Query>::STATEMENT
        ),+];

        $($crate::statement::statement! {
            $name [$($life)?] [$($zone),+] [$($($column: $list),+)?] $head => $parameters
        })+
    };
}
pub(crate) use statements;

/// One of [`statements!`].
macro_rules! statement {
    ($name:ident $life:tt $zones:tt $lists:tt $head:expr => ($($field:ident: $type:ty $(as $cast:literal)?),* $(,)?)) => {
        $crate::statement::statement! {
            @make $name $life $zones $lists [$($field: $type),*]
            $crate::statement::call!([$head, "("] "" [
                "1" "2" "3" "4" "5" "6" "7" "8" "9" "10" "11" "12" "13" "14" "15" "16" "17" "18" "19" "20" "21" "22" "23" "24" "25"
                "26" "27" "28" "29" "30"
            ] $($field [$($cast)?])*)
        }
    };
    ($name:ident $life:tt $zones:tt $lists:tt $head:expr => [$($field:ident: $type:ty),* $(,)?]) => {
        $crate::statement::statement! { @make $name $life $zones $lists [$($field: $type),*] $head }
    };
    (@make $name:ident [$($life:lifetime)?] [$($zone:ident),+] [$($column:ident: $list:ty),*] [$($field:ident: $type:ty),*]
     $sql:expr) => {
        pub(crate) struct $name $(<$life>)? {
            $(pub(crate) $field: $type,)*
        }

        impl $(<$life>)? $crate::statement::Query for $name $(<$life>)? {
            const NAME: &'static str = concat!(module_path!(), "::", stringify!($name));
            const SQL: &'static str = $sql;
            const STATEMENT: $crate::statement::Statement = $crate::statement::Statement {
                name: Self::NAME,
                sql: Self::SQL,
                zones: &[$($crate::statement::Zone::$zone),+],
                parameters: &[$($crate::statement::Argument {
                    name: stringify!($field),
                    kind: <$type as $crate::value::Parameter>::TYPE,
                    names: <$type as $crate::value::Parameter>::NAMES,
                }),*],
                lists: &[$($crate::statement::List {
                    column: stringify!($column),
                    name: stringify!($list),
                    names: <$list>::NAMES,
                }),*],
            };

            fn values(self) -> Vec<spin_sdk::pg::ParameterValue> {
                vec![$($crate::value::Parameter::parameter(self.$field)),*]
            }
        }
    };
}
pub(crate) use statement;

/// The text of a call: `head(p_a => $1, p_b => $2)`.
macro_rules! call {
    ([$($text:expr),*] $comma:literal [$($number:literal)*]) => {
        concat!($($text,)* ")")
    };
    ([$($text:expr),*] $comma:literal [$first:literal $($number:literal)*] $field:ident [$($cast:literal)?] $($rest:tt)*) => {
        $crate::statement::call!(
            [$($text,)* $comma, "p_", stringify!($field), " => $", $first $(, $cast)?] ", " [$($number)*] $($rest)*
        )
    };
}
pub(crate) use call;

/// Declares a closed list of names: what a column (or a parameter) can be, from which it is decoded. A name that is not in the list is
/// [`Error::Decode`](crate::Error::Decode); a test holds the list against the SQL that returns it.
macro_rules! names {
    ($(#[$attribute:meta])* $visibility:vis enum $name:ident { $($(#[$about:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $visibility enum $name {
            $($(#[$about])* $variant),+
        }

        impl $name {
            pub(crate) const NAMES: &'static [&'static str] = &[$($text),+];
        }

        impl $crate::value::Name for $name {
            fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }
        }

        impl $crate::value::Parameter for $name {
            const TYPE: &'static str = "text";
            const NAMES: &'static [&'static str] = Self::NAMES;

            fn parameter(self) -> spin_sdk::pg::ParameterValue {
                $crate::value::Name::text(self).parameter()
            }
        }

        impl $crate::value::Column for $name {
            const TYPE: &'static str = concat!("one of the names of ", stringify!($name));

            fn column(value: spin_sdk::pg::DbValue) -> Option<Self> {
                match <String as $crate::value::Column>::column(value)?.as_str() {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use names;
