package edge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"farthing/pkg/errs"
)

const (
	fieldsMax = 1000 // Of one request, query and body together.
	depthMax  = 8    // Of JSON inside JSON.
)

// readForm collects the query's fields and the body's.
func (r Request) readForm() *Form {
	f := &Form{}
	if query := r.x.http.URL.RawQuery; query != "" {
		f.parseEncoded(query, "query")
	}
	sent, err := r.Body()
	switch {
	case err != nil:
		f.fail(err)
	case len(sent) > 0:
		f.parseBody(r.Header("Content-Type"), sent)
	}
	return f
}

func (f *Form) parseBody(contentType string, sent []byte) {
	switch bodyKind(contentType, sent) {
	case kindJSON:
		f.parseJSON(sent)
	case kindForm:
		f.parseEncoded(string(sent), "body")
	default:
		f.fail(errs.New(errs.BadRequest+".bad_content_type",
			"The body must be application/json or application/x-www-form-urlencoded"))
	}
}

const (
	kindForm = "form"
	kindJSON = "json"
)

// bodyKind goes by the content type, whatever its charset, and by the first byte when none was sent.
func bodyKind(contentType string, sent []byte) string {
	// Parameters are not parsed: a type may be right and its charset still be nonsense.
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	switch {
	case media == "application/json", strings.HasSuffix(media, "+json"):
		return kindJSON
	case media == "application/x-www-form-urlencoded":
		return kindForm
	case media != "":
		return ""
	case bytes.HasPrefix(bytes.TrimLeft(sent, " \t\r\n"), []byte("{")):
		return kindJSON
	default:
		return kindForm
	}
}

// parseEncoded reads name=value pairs joined by '&', with '+' for a space.
func (f *Form) parseEncoded(encoded, where string) {
	for pair := range strings.SplitSeq(encoded, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(rawName)
		value, valueErr := url.QueryUnescape(rawValue)
		if nameErr != nil || valueErr != nil {
			f.fail(badBody("The " + where + " is not properly form-encoded"))
			return
		}
		if !f.add(field{name, value, text}) {
			return
		}
	}
}

// add appends a field, unless it is one too many or not text at all.
func (f *Form) add(each field) bool {
	switch {
	case len(f.fields) == fieldsMax:
		f.fail(badBody(fmt.Sprintf("The request must have at most %d fields", fieldsMax)))
		return false
	case !utf8.ValidString(each.name):
		f.fail(badBody("The name of a field must be valid UTF-8"))
		return false
	case !utf8.ValidString(each.value):
		f.Refuse(each.name, notUTF8)
		return false
	}
	f.fields = append(f.fields, each)
	return true
}

func badBody(message string) error { return errs.New(errs.BadRequest+".bad_body", message) }

// parseJSON flattens an object to the names that a form would use: {"a":{"b":1},"c":["x"]} is a[b]=1 and c[]=x.
func (f *Form) parseJSON(sent []byte) {
	if !utf8.Valid(sent) {
		f.fail(badBody("The body must be valid UTF-8"))
		return
	}
	decoder := json.NewDecoder(bytes.NewReader(sent))
	decoder.UseNumber() // Exact: no float stands between the client's digits and ours.
	first, err := decoder.Token()
	if err != nil || first != json.Delim('{') {
		f.fail(badBody("The body must be a JSON object"))
		return
	}
	if err := f.flattenObject(decoder, "", 1); err != nil {
		f.fail(badJSON(err))
		return
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		f.fail(badBody("The body must be one JSON object and nothing after it"))
	}
}

// badJSON keeps a coded error and hides the decoder's own text, which may quote what was sent.
func badJSON(err error) error {
	if coded, ok := errors.AsType[*errs.Error](err); ok {
		return coded
	}
	return badBody("The body must be well-formed JSON")
}

// flattenObject reads members up to the closing brace. Its recursion ends at depthMax.
func (f *Form) flattenObject(decoder *json.Decoder, prefix string, depth int) error {
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return err
		}
		name := fmt.Sprint(key)
		if prefix != "" {
			name = prefix + "[" + name + "]"
		}
		if err := f.flattenValue(decoder, name, depth); err != nil {
			return err
		}
	}
	_, err := decoder.Token()
	return err
}

func (f *Form) flattenList(decoder *json.Decoder, prefix string, depth int) error {
	for decoder.More() {
		if err := f.flattenValue(decoder, prefix+"[]", depth); err != nil {
			return err
		}
	}
	_, err := decoder.Token()
	return err
}

func (f *Form) flattenValue(decoder *json.Decoder, name string, depth int) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	switch value := token.(type) {
	case json.Delim:
		if depth == depthMax {
			return badBody(fmt.Sprintf("The body must not nest deeper than %d levels", depthMax))
		}
		if value == '{' {
			return f.flattenObject(decoder, name, depth+1)
		}
		return f.flattenList(decoder, name, depth+1)
	case json.Number:
		return f.addJSON(field{name, value.String(), number})
	case string:
		return f.addJSON(field{name, value, text})
	case bool:
		return f.addJSON(field{name, fmt.Sprint(value), boolean})
	default:
		return f.addJSON(field{name, "", null})
	}
}

func (f *Form) addJSON(each field) error {
	if !f.add(each) {
		return f.err
	}
	return nil
}
