//! What the chain keeps: blocks of IPLD in an embedded database, and CAR files in and out.
