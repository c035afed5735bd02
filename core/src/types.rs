//! The JSON shapes of Lotus's API, one file per noun.
