//! Node-API for the rest of the crate: environments, values, and errors instead of statuses.

pub(crate) mod env;
pub(crate) mod make;
pub(crate) mod object;
pub(crate) mod read;
pub(crate) mod root;
pub(crate) mod status;
pub(crate) mod throw;
pub(crate) mod thrown;
