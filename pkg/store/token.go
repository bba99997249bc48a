package store

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
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

func textOf(value Value) string {
	switch value := value.(type) {
	case string:
		return "s" + base64.RawURLEncoding.EncodeToString([]byte(value))
	case int64:
		return fmt.Sprintf("i%d", value)
	case bool:
		return fmt.Sprintf("b%t", value)
	case []byte:
		return "x" + base64.RawURLEncoding.EncodeToString(value)
	case time.Time:
		return fmt.Sprintf("t%d", value.UnixMilli())
	}
	return ""
}

func valueOf(kind Type, text string) (Value, error) {
	if text == "" {
		return nil, errs.New(errs.BadRequest, "empty")
	}
	rest := text[1:]
	switch string(text[0]) + fmt.Sprint(kind) {
	case fmt.Sprint("s", Text):
		raw, err := base64.RawURLEncoding.DecodeString(rest)
		return string(raw), err
	case fmt.Sprint("i", Integer):
		var n int64
		_, err := fmt.Sscanf(rest, "%d", &n)
		return n, err
	case fmt.Sprint("b", Boolean):
		return rest == "true", nil
	case fmt.Sprint("x", Bytes):
		return base64.RawURLEncoding.DecodeString(rest)
	case fmt.Sprint("t", Timestamp):
		var ms int64
		_, err := fmt.Sscanf(rest, "%d", &ms)
		return time.UnixMilli(ms).UTC(), err
	}
	return nil, errs.New(errs.BadRequest, "another type")
}
