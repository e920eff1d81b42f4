// Package audit has writers of audit entries, and what makes an entry of a request.
// Package runtime/audit/pgaudit keeps entries in PostgreSQL, so that a change of them is
// seen.
//
// No writer of this module works behind the caller's back: an entry is kept when
// WriteAudit returns nil. One that returned at once and wrote later would lose what it
// holds when the process ends, and nobody would know.
package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tenancygen/tenancygen/runtime"
)

// The lengths, in bytes, to which what a client says of itself is cut.
const (
	MaxClientIP  = 64 // the longest IPv6 address has 45, and may name a zone
	MaxUserAgent = 512
)

// Clean returns e as it can be kept anywhere: text that is not UTF-8, and NUL, become
// U+FFFD, what a client says of itself is cut, secrets in the metadata are "***", and the
// time is UTC in whole microseconds. An entry is the same after it was cleaned again.
func Clean(e runtime.AuditEntry) runtime.AuditEntry {
	for _, text := range []*string{&e.UserID, &e.Action, &e.Resource, &e.ResourceID} {
		*text = cleanText(*text, runtime.MaxAuditText*len("\uFFFD"))
	}
	e.ClientIP, e.UserAgent = cleanText(e.ClientIP, MaxClientIP), cleanText(e.UserAgent, MaxUserAgent)
	masked, err := runtime.ParseMetadata([]byte(e.Metadata.String()))
	if err != nil {
		panic(err) // it was metadata before
	}
	e.Metadata = masked
	if !e.At.IsZero() {
		e.At = time.UnixMicro(e.At.UnixMicro()).UTC()
	}
	return e
}

// cleanText returns text that any database takes, cut to a number of bytes between two
// characters.
func cleanText(text string, most int) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// ErrDropped is returned for an entry that a logger would not have written.
var ErrDropped = errors.New("tenancy: audit: the logger drops entries of level INFO")

// Log is a runtime.AuditWriter that writes each entry to a logger, at level INFO, with
// the message "audit" and the entry as a group of attributes of that name. It is safe
// for concurrent use. The zero Log writes to slog.Default().
type Log struct {
	// Logger is where the entries go; nil means slog.Default(), as it is at the time.
	Logger *slog.Logger
}

var _ runtime.AuditWriter = Log{}

// WriteAudit returns the handler's error, which a slog.Logger would keep to itself, and
// ErrDropped when the logger is not interested in level INFO.
func (l Log) WriteAudit(ctx context.Context, e runtime.AuditEntry) error {
	if err := e.Validate(); err != nil {
		return err
	}
	logger := l.Logger
	if logger == nil {
		logger = slog.Default()
	}
	handler := logger.Handler()
	if !handler.Enabled(ctx, slog.LevelInfo) {
		return ErrDropped
	}
	record := slog.NewRecord(time.Now(), slog.LevelInfo, "audit", 0)
	record.AddAttrs(slog.Any("audit", Clean(e)))
	if err := handler.Handle(ctx, record); err != nil {
		return fmt.Errorf("tenancy: audit: write to the log: %w", err)
	}
	return nil
}

// tee is the writer of Tee.
type tee []runtime.AuditWriter

// Tee returns a writer that gives each entry to all of the writers, one after the other,
// also when some of them fail. Its errors are theirs together: with one, some may have
// kept the entry. An entry without a time gets one, so that all keep the same.
func Tee(writers ...runtime.AuditWriter) runtime.AuditWriter { return tee(writers) }

func (w tee) WriteAudit(ctx context.Context, e runtime.AuditEntry) error {
	if e.At.IsZero() {
		e.At = time.Now()
	}
	var problems []error
	for _, one := range w {
		problems = append(problems, one.WriteAudit(ctx, e))
	}
	return errors.Join(problems...)
}
