//! The database `accounts`: people, sessions, codes, limits, generations' metadata, quota, billing.
//!
//! The SQL functions that a module calls are in the file of the same stem under `schema/accounts/functions`.

pub mod beta;
pub mod billing;
pub mod email;
pub mod erasures;
pub mod events;
pub mod exports;
pub mod generations;
pub mod inactivity;
pub mod limits;
pub mod mails;
pub mod me;
pub mod oauth;
pub mod otp;
pub mod password;
pub mod retention;
pub mod rights;
pub mod sessions;
pub mod signin;
pub mod signup;
pub mod stripe;
pub mod support;
pub mod training;
pub mod usage;
pub mod waitlist;

pub use limits::{PhoneKeys, SmsLimits, limits_take};

/// The statements of every module.
pub(crate) const STATEMENTS: &[&[crate::statement::Statement]] = &[
    beta::STATEMENTS,
    billing::STATEMENTS,
    email::STATEMENTS,
    erasures::STATEMENTS,
    events::STATEMENTS,
    exports::STATEMENTS,
    generations::STATEMENTS,
    inactivity::STATEMENTS,
    limits::STATEMENTS,
    mails::STATEMENTS,
    me::STATEMENTS,
    oauth::STATEMENTS,
    otp::STATEMENTS,
    password::STATEMENTS,
    retention::STATEMENTS,
    rights::STATEMENTS,
    sessions::STATEMENTS,
    signin::STATEMENTS,
    signup::STATEMENTS,
    stripe::STATEMENTS,
    support::STATEMENTS,
    training::STATEMENTS,
    usage::STATEMENTS,
    waitlist::STATEMENTS,
];
