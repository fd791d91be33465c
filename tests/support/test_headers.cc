// Holds the precompiled headers that every test program shares; see tests/CMakeLists.txt.
