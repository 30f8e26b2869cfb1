// What puts the program into packages and images, and the tests of that, in a module of
// its own: the product is built from none of it.
module github.com/loginwatch/loginwatch/tools/deploy

go 1.26.0

require github.com/creack/pty v1.1.24
