//! Plans and layouts, on every host: tables of both, and the check that finds faults in plans.

mod layouts;
mod tables;
mod verify;
