module github.com/tenancygen/tenancygen

go 1.26.0
