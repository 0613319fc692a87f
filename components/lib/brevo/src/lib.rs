//! A client of Brevo's transactional SMS and email API.
