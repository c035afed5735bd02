//! The virtual machine: executes messages natively, with the same result as the real FVM.
