//! Pictures from strangers, decoded within limits and written anew.
