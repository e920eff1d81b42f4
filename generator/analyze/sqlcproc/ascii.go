package sqlcproc

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/tenancygen/tenancygen/generator/source"
)

// ascii writes characters that are not ASCII as words, for a parser whose counts of
// characters sqlc takes for counts of bytes. The zero value leaves them as they are.
type ascii struct {
	mark string
	word *regexp.Regexp
}

// newASCII returns a form of words that is in none of the texts, in whatever case:
// sqlc lowers names.
func newASCII(texts ...string) ascii {
	for n := 0; ; n++ {
		mark := fmt.Sprintf("qzq%dx", n)
		used := false
		for _, text := range texts {
			used = used || strings.Contains(strings.ToLower(text), mark)
		}
		if !used {
			return ascii{mark, regexp.MustCompile(mark + "(?:[0-9a-f]{2})+q")}
		}
	}
}

// encode returns a text with its words, and the way back.
func (a ascii) encode(text string) (string, *source.Map) {
	var edits []source.Edit
	if a.word != nil {
		for i, r := range text {
			if r < utf8.RuneSelf {
				continue
			}
			size := len(string(r))
			if r == utf8.RuneError {
				_, size = utf8.DecodeRuneInString(text[i:])
			}
			word := a.mark + fmt.Sprintf("%xq", text[i:i+size])
			edits = append(edits, source.Edit{Start: i, End: i + size, New: word})
		}
	}
	return apply(text, edits)
}

// decode puts the characters back.
func (a ascii) decode(text []byte) []byte {
	if a.word == nil {
		return text
	}
	return a.word.ReplaceAllFunc(text, func(word []byte) []byte {
		bytes, _ := hex.DecodeString(string(word[len(a.mark) : len(word)-1])) // the expression has matched
		return bytes
	})
}

// apply makes edits that lie in the text and do not overlap.
func apply(text string, edits []source.Edit) (string, *source.Map) {
	edited, m, err := source.Apply(text, edits)
	if err != nil {
		panic(err)
	}
	return edited, m
}
