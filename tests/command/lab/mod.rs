//! The lab as a class uses it: the real program, real sockets, students' programs in Python.

mod bench;
mod client;
mod encrypted;
mod guide;
mod students;
mod table;
mod teacher;
