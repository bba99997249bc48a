package edge

import (
	"strconv"
	"strings"
	"time"

	"farthing/pkg/errs"
)

// Form is the fields of a request: those of its query and those of its body, be that form-encoded or JSON.
//
// Fields are named as in a form: "account_id", "metadata[notes]", "expand[]"; nested JSON is read under the same
// names. Accessors remember the first fault and answer a zero value, so that a handler reads all it wants and then
// asks Err once. A Form is for one goroutine.
type Form struct {
	fields []field
	err    error
}

type field struct {
	name, value string
	kind        kind
}

// kind is what a value was when it was sent. All that a form or a query holds is text.
type kind byte

const (
	text kind = iota
	number
	boolean
	null
)

// Form is the request's fields. A body that cannot be read is the form's Err. A repeat answers the same Form.
func (r Request) Form() *Form {
	if r.x.form == nil {
		r.x.form = r.readForm()
	}
	return r.x.form
}

// Err is the first fault: of the body, or of a field that was read and broke its rule.
func (f *Form) Err() error { return f.err }

// Refuse notes that a field breaks a rule of the handler's own, unless an earlier fault is known.
func (f *Form) Refuse(name, rule string) { f.fail(errs.BadParam(name, rule)) }

func (f *Form) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// Has tells whether a field was sent, perhaps empty. JSON's null is not sent.
func (f *Form) Has(name string) bool {
	for _, each := range f.fields {
		if each.name == name && each.kind != null {
			return true
		}
	}
	return false
}

// String is a field's text, "" if it was not sent. It must be a string and given once.
func (f *Form) String(name string) string {
	got, ok := f.one(name)
	if ok && got.kind != text {
		f.Refuse(name, "must be a string")
		return ""
	}
	return got.value
}

// Required is String of a field that must be there and not empty.
func (f *Form) Required(name string) string {
	value := f.String(name)
	if value == "" {
		f.fail(errs.MissingParam(name))
	}
	return value
}

// Int64 is a whole number, exact; false if the field was not sent or is empty. In JSON it may be a number or a
// string. Fractions, exponents and what does not fit 64 bits are refused, not rounded.
func (f *Form) Int64(name string) (int64, bool) {
	got, ok := f.one(name)
	if !ok || got.kind == text && got.value == "" {
		return 0, false
	}
	if got.kind == boolean {
		f.Refuse(name, wholeNumber)
		return 0, false
	}
	n, rule := wholeOf(got.value)
	if rule != "" {
		f.Refuse(name, rule)
		return 0, false
	}
	return n, true
}

// RequiredInt64 is Int64 of a field that must be there.
func (f *Form) RequiredInt64(name string) int64 {
	n, ok := f.Int64(name)
	if !ok {
		f.fail(errs.MissingParam(name))
	}
	return n
}

const (
	wholeNumber = "must be a whole number"
	tooBig      = "must fit 64 bits: at most 9223372036854775807"
)

// wholeOf reads an exact number: digits, perhaps after a minus. Otherwise it answers the rule that is broken.
func wholeOf(value string) (n int64, rule string) {
	digits := strings.TrimPrefix(value, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, wholeNumber
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0, tooBig
	}
	return n, ""
}

// Bool is true or false; the second is whether the field was sent. In a form it is the text "true" or "false".
func (f *Form) Bool(name string) (value, ok bool) {
	got, ok := f.one(name)
	switch {
	case !ok || got.kind == text && got.value == "":
		return false, false
	case got.kind == number || got.value != "true" && got.value != "false":
		f.Refuse(name, "must be true or false")
		return false, false
	default:
		return got.value == "true", true
	}
}

// Time is an instant, UTC; false if the field was not sent or is empty. All spellings of RFC 3339 are taken, a space
// for the T, and a zone whose '+' became a space on its way through a query.
func (f *Form) Time(name string) (time.Time, bool) {
	value := f.String(name)
	if value == "" {
		return time.Time{}, false
	}
	t, ok := parseTime(value)
	if !ok {
		f.Refuse(name, "must be a time such as 2006-01-02T15:04:05.000Z")
	}
	return t, ok
}

// Map is the fields name[key] as key → value, nil if there are none. An empty value is there, and null is empty:
// it deletes. Values may be strings, numbers or booleans, not objects.
func (f *Form) Map(name string) map[string]string {
	var out map[string]string
	for _, each := range f.fields {
		key, ok := keyOf(each.name, name)
		switch {
		case each.name == name && each.kind != null && each.value != "", each.name == name+"[]":
			f.Refuse(name, "must be an object, as in "+name+"[key]=value")
		case !ok:
		case key == "" || strings.Contains(key, "]["):
			f.Refuse(name, "must have keys of one level, as in "+name+"[key]=value")
		default:
			if out == nil {
				out = make(map[string]string)
			}
			if was, twice := out[key]; twice && was != each.value {
				f.Refuse(each.name, givenOnce)
			}
			out[key] = each.value
		}
	}
	return out
}

// keyOf is the k of "name[k]".
func keyOf(field, name string) (string, bool) {
	rest, ok := strings.CutPrefix(field, name+"[")
	if !ok || rest == "]" { // "name[]" is a list's.
		return "", false
	}
	return strings.CutSuffix(rest, "]")
}

// List is all values of a repeatable field in the order sent: "expand[]=a&expand[]=b", and also "expand=a".
func (f *Form) List(name string) []string {
	bare := strings.TrimSuffix(name, "[]")
	var out []string
	for _, each := range f.fields {
		if (each.name == bare || each.name == bare+"[]") && each.kind != null {
			out = append(out, each.value)
		}
	}
	return out
}

const givenOnce = "must be given only once"

// one is the field of a name; null counts as not sent. Sent twice with one value is the same as once (some clients
// repeat the query in the body), but with two it is a fault: guessing which was meant could move the wrong money.
func (f *Form) one(name string) (field, bool) {
	var found field
	ok := false
	for _, each := range f.fields {
		switch {
		case each.kind == null:
		case each.name == name && ok && each.value != found.value:
			f.Refuse(name, givenOnce)
			return field{}, false
		case each.name == name:
			found, ok = each, true
		case strings.HasPrefix(each.name, name) && strings.HasPrefix(each.name[len(name):], "["):
			f.Refuse(name, "must be a single value")
			return field{}, false
		}
	}
	return found, ok
}
