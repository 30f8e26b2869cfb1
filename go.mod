module github.com/loginwatch/loginwatch

go 1.26.0
