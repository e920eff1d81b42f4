package mysqlstore

import (
	"errors"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// Numbers of errors, the same in MySQL and MariaDB.
const (
	duplicate = 1062
	syntax    = 1064
	deadlock  = 1213
)

// deadlocked reports whether the server ended a transaction so that another goes on.
func deadlocked(err error) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && e.Number == deadlock
}

// taken returns the field that another tenant has.
func (s *Store) taken(err error) string {
	var e *mysql.MySQLError
	switch {
	case !errors.As(err, &e) || e.Number != duplicate:
		return ""
	case strings.Contains(e.Message, s.SQL("tenancy_tenants_identifier")):
		return "identifier"
	}
	return "id"
}

// plainClasses are the SQL states whose messages name users, tables and columns: of
// access and connections, of rolled back transactions, and of databases and statements
// that are not right.
var plainClasses = []string{"08", "28", "3D", "40", "42"}

// plain are errors of other classes whose messages repeat no value: a lock that was
// waited for too long, and servers that take no changes.
var plain = []uint16{1205, 1290, 1665, 1792, 1836}

// safe returns an error without what may repeat what is stored: messages such as
// "Incorrect string value: '…'" do. The number and the state stay.
func safe(err error) error {
	var e *mysql.MySQLError
	if !errors.As(err, &e) {
		return err
	}
	if e.Number != syntax && slices.Contains(plainClasses, string(e.SQLState[:2])) || slices.Contains(plain, e.Number) {
		return err
	}
	return &mysql.MySQLError{Number: e.Number, SQLState: e.SQLState, Message: "(the message is left out: it may repeat what is stored)"}
}
