package edge

import (
	"bytes"
	"encoding/json"
	"fmt"

	"farthing/pkg/errs"
)

// Object is a JSON object that is read field by field, with the objects and lists inside it. It is for bodies that
// nest, as Form is for those that do not, and Decode for those whose faults need not say which of a list they mean.
//
// Fields are named by where they are: "items[0].amount". Accessors remember the first fault of the whole body and
// answer a zero value, so that a handler reads all it wants and then asks Err once. JSON's null is not there. An
// Object is for one goroutine.
type Object struct {
	path   string // Of the object itself, with a dot after it; empty at the top.
	fields map[string]any
	fault  *error // Of the whole body.
}

// Object is the request's body, which must be a JSON object as in Decode. One that cannot be read is the Object's Err.
func (r Request) Object() *Object {
	var read document
	err := r.Decode(&read)
	return &Object{fields: read.fields, fault: &err}
}

// document is an object with its numbers as they were sent: no float stands between the client's digits and ours.
type document struct{ fields map[string]any }

// UnmarshalJSON reads a document, which is known to be an object.
func (d *document) UnmarshalJSON(sent []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(sent))
	decoder.UseNumber()
	return decoder.Decode(&d.fields)
}

// Err is the first fault: of the body, or of a field that was read and broke its rule.
func (o *Object) Err() error { return *o.fault }

func (o *Object) fail(err error) {
	if *o.fault == nil {
		*o.fault = err
	}
}

// refuse notes that a field breaks a rule, unless an earlier fault is known.
func (o *Object) refuse(name, rule string) { o.fail(errs.BadParam(o.path+name, rule)) }

// String is a field's text, "" if it is not there.
func (o *Object) String(name string) string {
	value, ok := o.fields[name].(string)
	if !ok && o.fields[name] != nil {
		o.refuse(name, "must be a string")
	}
	return value
}

// Required is String of a field that must be there and not empty.
func (o *Object) Required(name string) string {
	value := o.String(name)
	if value == "" {
		o.fail(errs.MissingParam(o.path + name))
	}
	return value
}

// Number is a number's digits as they were sent, "" if it is not there. It may be sent as a string, which is then not
// looked into.
func (o *Object) Number(name string) string {
	switch value := o.fields[name].(type) {
	case nil:
		return ""
	case json.Number:
		return value.String()
	case string:
		return value
	}
	o.refuse(name, "must be a number")
	return ""
}

// Int64 is a whole number, exact; 0 if it is not there or empty. It may be sent as a string. Fractions, exponents and
// what does not fit 64 bits are refused, not rounded.
func (o *Object) Int64(name string) int64 {
	digits := o.Number(name)
	if digits == "" {
		return 0
	}
	n, rule := wholeOf(digits)
	if rule != "" {
		o.refuse(name, rule)
	}
	return n
}

// RequiredInt64 is Int64 of a field that must be there.
func (o *Object) RequiredInt64(name string) int64 {
	if value := o.fields[name]; value == nil || value == "" {
		o.fail(errs.MissingParam(o.path + name))
	}
	return o.Int64(name)
}

// Bool is true or false; false if it is not there.
func (o *Object) Bool(name string) bool {
	value, ok := o.fields[name].(bool)
	if !ok && o.fields[name] != nil {
		o.refuse(name, "must be true or false")
	}
	return value
}

// Object is a field that is an object itself; an empty one if it is not there.
func (o *Object) Object(name string) *Object { return o.inside(name, o.fields[name]) }

func (o *Object) inside(name string, value any) *Object {
	fields, ok := value.(map[string]any)
	if !ok && value != nil {
		o.refuse(name, "must be an object")
	}
	return &Object{o.path + name + ".", fields, o.fault}
}

// List is a field that is a list of objects; none if it is not there.
func (o *Object) List(name string) []*Object {
	values, ok := o.fields[name].([]any)
	if !ok && o.fields[name] != nil {
		o.refuse(name, "must be a list")
	}
	list := make([]*Object, len(values))
	for i, value := range values {
		at := fmt.Sprintf("%s[%d]", name, i)
		if list[i] = o.inside(at, value); value == nil {
			o.refuse(at, "must be an object")
		}
	}
	return list
}

// RequiredList is List of a field that must be there, perhaps empty.
func (o *Object) RequiredList(name string) []*Object {
	if o.fields[name] == nil {
		o.fail(errs.MissingParam(o.path + name))
	}
	return o.List(name)
}
