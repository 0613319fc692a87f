//! The component `otp`.
