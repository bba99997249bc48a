package store

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"farthing/pkg/errs"
)

// A page token is a fingerprint of the query and the last clustering key, as JSON in base64: nothing of a driver's
// state, so it outlives restarts and moves between engines. It is not secret, and holds no more than the page showed.

type tokenBody struct {
	Query uint64   `json:"q"`
	Key   []string `json:"k"`
}

func pageToken(spec *Spec, s Selection, last Row) string {
	body := tokenBody{Query: fingerprint(spec, s), Key: make([]string, len(spec.Clustering))}
	for k, i := range spec.Clustering {
		body.Key[k] = textOf(last[i])
	}
	encoded, _ := json.Marshal(body) // A struct of a number and strings always marshals.
	return base64.RawURLEncoding.EncodeToString(encoded)
}

func readPageToken(spec *Spec, s Selection, token string) ([]Value, error) {
	refused := errs.BadParam("page_token", "does not belong to this query")
	encoded, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return nil, refused
	}
	var body tokenBody
	if err := json.Unmarshal(encoded, &body); err != nil {
		return nil, refused
	}
	if body.Query != fingerprint(spec, s) || len(body.Key) != len(spec.Clustering) {
		return nil, refused
	}
	key := make([]Value, len(body.Key))
	for k, i := range spec.Clustering {
		if key[k], err = valueOf(spec.Columns[i].Type, body.Key[k]); err != nil {
			return nil, refused
		}
		if err := checkValue(spec.Columns[i], key[k]); err != nil {
			return nil, refused
		}
	}
	return key, nil
}

// fingerprint is a hash of what selects rows; the limit may change from page to page.
func fingerprint(spec *Spec, s Selection) uint64 {
	hash := fnv.New64a()
	add := func(text string) {
		var length [4]byte
		binary.BigEndian.PutUint32(length[:], uint32(len(text))) //nolint:gosec // A wrapped length only weakens a hash.
		_, _ = hash.Write(length[:])
		_, _ = hash.Write([]byte(text))
	}
	add(spec.Name)
	for _, i := range spec.Partition {
		add(textOf(s.Partition[i]))
	}
	for _, value := range s.Prefix {
		add(textOf(value))
	}
	add(fmt.Sprint(len(s.Prefix), s.Low.Inclusive, s.High.Inclusive, s.Backwards))
	add(textOf(s.Low.Value))
	add(textOf(s.High.Value))
	return hash.Sum64()
}

// textOf is a value as text, which begins with a letter for its type. Absent is the empty text.
func textOf(value Value) string {
	switch value := value.(type) {
	case string:
		return "s" + base64.RawURLEncoding.EncodeToString([]byte(value))
	case int64:
		return "i" + strconv.FormatInt(value, 10)
	case bool:
		return "b" + strconv.FormatBool(value)
	case []byte:
		return "x" + base64.RawURLEncoding.EncodeToString(value)
	case time.Time:
		return "t" + strconv.FormatInt(value.UnixMilli(), 10)
	}
	return ""
}

var errNotAValue = errors.New("not a value of this column")

// valueOf reads what textOf wrote, for a column of this type.
func valueOf(kind Type, text string) (value Value, err error) {
	letter := map[Type]string{Text: "s", Integer: "i", Boolean: "b", Bytes: "x", Timestamp: "t"}[kind]
	rest, ok := strings.CutPrefix(text, letter)
	if !ok {
		return nil, errNotAValue
	}
	switch kind {
	case Text, Bytes:
		var raw []byte
		raw, err = base64.RawURLEncoding.DecodeString(rest)
		if value = raw; kind == Text {
			value = string(raw)
		}
	case Integer, Timestamp:
		var number int64
		number, err = strconv.ParseInt(rest, 10, 64)
		if value = number; kind == Timestamp {
			value = time.UnixMilli(number).UTC()
		}
	case Boolean:
		value, err = strconv.ParseBool(rest)
	}
	if err != nil || textOf(value) != text { // One value has one text: nobody can make a second token of a page.
		return nil, errNotAValue
	}
	return value, nil
}
