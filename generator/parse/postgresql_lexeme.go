package parse

import (
	"fmt"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
	"github.com/sqlc-dev/oliphant/parser"
	"google.golang.org/protobuf/encoding/protowire"
)

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
func (postgreSQL) lexemes(text string) ([]lexeme, *Error) {
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
			l, err := readLexeme(token, text)
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

func readLexeme(raw []byte, text string) (lexeme, *Error) {
	var l lexeme
	var token ast.Token
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
			token = ast.Token(value)
		case fieldKeyword:
			keyword := ast.KeywordKind(value)
			l.keyword = keyword != ast.KeywordKind_NO_KEYWORD
			l.reserved = l.keyword && keyword != ast.KeywordKind_UNRESERVED_KEYWORD
		}
	}
	l.kind = lexemeKind(token, text[l.Start:l.End])
	return l, nil
}

// lexemeKind is the kind of a token of PostgreSQL's scanner that is no keyword, or
// may be one.
func lexemeKind(token ast.Token, text string) LexemeKind {
	switch token {
	case ast.Token_SQL_COMMENT:
		return LineComment
	case ast.Token_C_COMMENT:
		return BlockComment
	case ast.Token_PARAM:
		return ParamToken
	case ast.Token_SCONST:
		return StringToken
	case ast.Token_IDENT:
		if strings.HasPrefix(text, `"`) {
			return QuotedToken
		}
		return WordToken
	}
	return OtherToken
}

func unreadableTokens(size int) *Error {
	return &Error{Message: fmt.Sprintf("the tokens could not be read: %v", protowire.ParseError(size)), Help: "report this as a bug"}
}
