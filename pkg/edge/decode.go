package edge

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"unicode/utf8"

	"farthing/pkg/errs"
)

// Decode reads a JSON body into the struct that v points to, strictly: one object, each name given once, numbers
// exact, every value of its field's type, valid UTF-8, nothing after it. Names that the struct does not have are
// ignored. Faults name the field and the type that it wants; they never quote a value.
func (r Request) Decode(v any) error {
	sent, err := r.Body()
	if err != nil {
		return err
	}
	if bodyKind(r.Header("Content-Type"), sent) != kindJSON && len(sent) > 0 {
		return errs.New(errs.BadRequest+".bad_content_type", "The body must be application/json")
	}
	return decodeStrictly(sent, v)
}

func decodeStrictly(sent []byte, v any) error {
	sent = bytes.Trim(sent, " \t\r\n")
	switch {
	case len(sent) == 0:
		return errs.New(errs.BadRequest+".missing_body", "The body must be a JSON object, but it is empty")
	case sent[0] != '{':
		return badBody("The body must be a JSON object")
	case !utf8.Valid(sent):
		return badBody("The body must be valid UTF-8")
	}
	if err := json.Unmarshal(sent, v); err != nil {
		return refusalOf(err)
	}
	return uniqueNames(sent)
}

// refusalOf turns the decoder's error into ours. Its own text may quote what was sent, so it is not kept.
func refusalOf(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if wrong.Field == "" {
			return badBody("The body must be a JSON object")
		}
		return errs.BadParam(wrong.Field, ruleFor(wrong))
	}
	if coded, ok := errors.AsType[*errs.Error](err); ok { // From an UnmarshalJSON of ours.
		return coded
	}
	return badBody("The body must be well-formed JSON, one object and nothing after it")
}

func ruleFor(wrong *json.UnmarshalTypeError) string {
	isNumber := strings.HasPrefix(wrong.Value, "number")
	if reflect.PointerTo(wrong.Type).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return "must be a string" // pan.Number and its like.
	}
	switch wrong.Type.Kind() {
	case reflect.String:
		return "must be a string"
	case reflect.Bool:
		return "must be true or false"
	case reflect.Struct, reflect.Map:
		return "must be an object"
	case reflect.Slice, reflect.Array:
		return "must be a list"
	case reflect.Int64:
		if isNumber {
			_, rule := wholeOf(strings.TrimPrefix(wrong.Value, "number "))
			return rule
		}
		return wholeNumber
	default:
		if isNumber {
			return "must be a whole number within its range"
		}
		return wholeNumber
	}
}
