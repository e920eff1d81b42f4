package parse

import (
	"fmt"

	"github.com/sqlc-dev/oliphant/ast"
	"github.com/sqlc-dev/oliphant/parser"
	"google.golang.org/protobuf/encoding/protowire"
)

// lexeme is a token as the scanner gives it, comments among them.
type lexeme struct {
	Range
	kind    ast.Token
	keyword ast.KeywordKind
}

func (l lexeme) isComment() bool {
	return l.kind == ast.Token_SQL_COMMENT || l.kind == ast.Token_C_COMMENT
}

// The numbers of the fields in the scanner's messages (pg_query.proto).
const (
	fieldTokens  = 2 // of ScanResult
	fieldStart   = 1 // of ScanToken
	fieldEnd     = 2
	fieldToken   = 4
	fieldKeyword = 5
)

// lexemes splits a text into its tokens. The scanner only gives them as bytes, and
// all texts are split several times, so the bytes are read here and not by
// reflection.
func lexemes(text string) ([]lexeme, *Error) {
	if err := noNUL(text); err != nil {
		return nil, err
	}
	raw, err := parser.ScanToProtobuf(text)
	if err != nil {
		return nil, syntaxError(err)
	}
	var out []lexeme
	for len(raw) > 0 {
		number, kind, size := protowire.ConsumeTag(raw)
		if size < 0 {
			return nil, unreadableTokens(size)
		}
		raw = raw[size:]
		if number == fieldTokens && kind == protowire.BytesType {
			token, size := protowire.ConsumeBytes(raw)
			if size < 0 {
				return nil, unreadableTokens(size)
			}
			l, err := readLexeme(token)
			if err != nil {
				return nil, err
			}
			out, raw = append(out, l), raw[size:]
			continue
		}
		if size = protowire.ConsumeFieldValue(number, kind, raw); size < 0 {
			return nil, unreadableTokens(size)
		}
		raw = raw[size:]
	}
	return out, nil
}

func readLexeme(raw []byte) (lexeme, *Error) {
	var l lexeme
	for len(raw) > 0 {
		number, kind, size := protowire.ConsumeTag(raw)
		if size < 0 || kind != protowire.VarintType {
			return l, unreadableTokens(size)
		}
		value, valueSize := protowire.ConsumeVarint(raw[size:])
		if valueSize < 0 {
			return l, unreadableTokens(valueSize)
		}
		raw = raw[size+valueSize:]
		switch number {
		case fieldStart:
			l.Start = int(value)
		case fieldEnd:
			l.End = int(value)
		case fieldToken:
			l.kind = ast.Token(value)
		case fieldKeyword:
			l.keyword = ast.KeywordKind(value)
		}
	}
	return l, nil
}

func unreadableTokens(size int) *Error {
	return &Error{Message: fmt.Sprintf("the tokens could not be read: %v", protowire.ParseError(size)), Help: "report this as a bug"}
}
