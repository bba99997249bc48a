package logic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/id"
)

// DecodeFile reads a whole clearing file, or says by line and field what is wrong: bad_request.bad_file. A record that
// comes twice is no reason to refuse it.
func DecodeFile(text []byte, now time.Time) (File, error) {
	if len(text) > FileBytesMax {
		return File{}, badFile(1, "", "is in a file that is larger than "+strconv.Itoa(FileBytesMax)+" bytes")
	}
	d := decoder{now: now, seen: make(map[string]bool), totals: make(sums)}
	for number, at := int64(1), 0; at < len(text); number++ {
		end := bytes.IndexByte(text[at:], '\n')
		if end < 0 {
			return File{}, badFile(number, "", "does not end: the file is cut off")
		}
		if err := d.line(number, text[at:at+end], text[:at]); err != nil {
			return File{}, err
		}
		at += end + 1
	}
	switch {
	case d.last == 0:
		return File{}, badFile(1, "", "is missing: the file is empty")
	case !d.ended:
		return File{}, badFile(d.last+1, "", "must be the trailer: the file is cut off")
	}
	return d.file, nil
}

// badFile says what is wrong with a line, or a field of it, and quotes nothing.
func badFile(line int64, field, rule string) error {
	said := fmt.Sprintf("Line %d %s", line, rule)
	if field != "" {
		said = fmt.Sprintf("Line %d: the field '%s' %s", line, field, rule)
	}
	return errs.New(errs.BadRequest+".bad_file", said).
		With("line", strconv.FormatInt(line, 10)).With("field", field).With("rule", rule)
}

// decoder is a file as far as it was read.
type decoder struct {
	now    time.Time
	file   File
	last   int64 // Line.
	ended  bool
	seen   map[string]bool
	totals sums
}

func (d *decoder) line(number int64, line, before []byte) error {
	d.last = number
	kind, err := lineType(number, line)
	switch {
	case err != nil:
		return err
	case d.ended:
		return badFile(number, "", "is behind the trailer")
	case (number == 1) != (kind == headerLine):
		return badFile(number, "type", "must be header on the first line, and on no other")
	case kind == headerLine:
		return d.header(number, line)
	case kind == trailerLine:
		return d.trailer(number, line, before)
	case len(d.file.Lines) == FileRecordsMax:
		return badFile(number, "", "is beyond the "+strconv.Itoa(FileRecordsMax)+" records that a file may have")
	}
	return d.record(number, line)
}

func lineType(number int64, line []byte) (string, error) {
	if len(line) > lineBytesMax {
		return "", badFile(number, "", "is longer than "+strconv.Itoa(lineBytesMax)+" bytes")
	}
	var typed struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(line, &typed); err != nil {
		return "", badFile(number, "", "is not a JSON object")
	}
	if !slices.Contains([]string{headerLine, clearingLine, refundLine, trailerLine}, typed.Type) {
		return "", badFile(number, "type", "must be header, clearing, refund or trailer")
	}
	return typed.Type, nil
}

// unknownField is how encoding/json names a field that there is none; a name that cannot be one is not quoted.
var unknownField = regexp.MustCompile(`unknown field "([a-z_]{1,32})"$`)

// strictly reads a line, all of whose fields must be known. No value is quoted.
func strictly(number int64, line []byte, into any) error {
	reader := json.NewDecoder(bytes.NewReader(line))
	reader.DisallowUnknownFields()
	err := reader.Decode(into)
	if mistyped, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return badFile(number, mistyped.Field, "must be a "+mistyped.Type.String())
	}
	if unknown := unknownField.FindStringSubmatch(fmt.Sprint(err)); unknown != nil {
		return badFile(number, unknown[1], "is none that there is")
	}
	if err != nil {
		return badFile(number, "", "has a field that there is none, or one that cannot be read")
	}
	if _, err := reader.Token(); !errors.Is(err, io.EOF) {
		return badFile(number, "", "has something behind its object")
	}
	return nil
}

func (d *decoder) header(number int64, line []byte) error {
	h := &d.file.Header
	if err := strictly(number, line, h); err != nil {
		return err
	}
	switch {
	case h.Format != FileFormat:
		return badFile(number, "format", "must be "+FileFormat)
	case checkText("file_id", h.FileID, fileIDMax) != nil:
		return badFile(number, "file_id", "must be 1 to 64 characters, none of them a control character")
	case h.Scheme != Scheme:
		return badFile(number, "scheme", "must be "+Scheme)
	}
	if _, err := time.Parse(time.DateOnly, h.BusinessDate); err != nil {
		return badFile(number, "business_date", "must be a date as in 2026-11-28")
	}
	return nil
}

func (d *decoder) record(number int64, text []byte) error {
	r, err := decodeRecord(number, text, d.now)
	if err != nil {
		return err
	}
	if err := d.totals.add(r); err != nil {
		return badFile(number, "amount.minor", "makes a sum that is too large")
	}
	if d.seen[r.RecordID] {
		d.file.Repeated = append(d.file.Repeated, number)
	}
	if len(d.file.Repeated) > repeatedMax {
		return badFile(number, "record_id", "came before, as more than "+strconv.Itoa(repeatedMax)+" others did")
	}
	d.seen[r.RecordID] = true
	d.file.Lines = append(d.file.Lines, Line{number, r})
	return nil
}

func decodeRecord(number int64, text []byte, now time.Time) (FileRecord, error) {
	var r FileRecord
	if err := strictly(number, text, &r); err != nil {
		return r, err
	}
	if checkText("record_id", r.RecordID, processorIDMax) != nil {
		return r, badFile(number, "record_id", "must be 1 to 64 characters, none of them a control character")
	}
	if err := id.Check("card_id", "card", r.CardID); err != nil {
		return r, ofLine(number, err)
	}
	return r, ofLine(number, CheckMoved(r.FollowUp(), now))
}

// ofLine is a refusal of a field, of a line.
func ofLine(number int64, err error) error {
	if err == nil {
		return nil
	}
	coded := errs.Of(err)
	rule := coded.Params["rule"]
	if rule == "" {
		rule = "is missing"
	}
	return badFile(number, coded.Params["field"], rule)
}

// DecodeLines reads some lines of a file that was found good, the first of which has a number.
func DecodeLines(text []byte, first int64, now time.Time) ([]Line, error) {
	var lines []Line
	for number := first; len(text) > 0; number++ {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		text = rest
		kind, err := lineType(number, line)
		if err != nil {
			return nil, err
		}
		if kind == headerLine || kind == trailerLine {
			continue
		}
		r, err := decodeRecord(number, line, now)
		if err != nil {
			return nil, err
		}
		lines = append(lines, Line{number, r})
	}
	return lines, nil
}

func (d *decoder) trailer(number int64, line, before []byte) error {
	var t FileTrailer
	if err := strictly(number, line, &t); err != nil {
		return err
	}
	switch {
	case t.Records != len(d.file.Lines):
		return badFile(number, "records", fmt.Sprintf("must be %d, as many as there are", len(d.file.Lines)))
	case !slices.Equal(t.Totals, d.totals.list()):
		return badFile(number, "totals", "must be the sums of the records, in the order of currencies")
	case t.SHA256 != Digest(before):
		return badFile(number, "sha256", "is not that of the lines before: the file was changed")
	}
	d.ended = true
	return nil
}
