package store

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// declare reads a table from the struct R. It panics on a declaration that no engine could hold: that is a mistake in
// the program, found by whatever starts it first.
func declare[R any](name string, class Class) *Spec {
	shape := reflect.TypeFor[R]()
	spec := &Spec{Name: name, Class: class}
	tags := make(map[int]string)
	for i := range shape.NumField() {
		column, err := columnOf(shape.Field(i))
		if err != nil {
			panic(fmt.Sprintf("store: table %s: %v", name, err))
		}
		if other, taken := tags[column.Tag]; taken {
			panic(fmt.Sprintf("store: table %s: %s and %s have the same tag", name, other, column.Name))
		}
		tags[column.Tag] = column.Name
		spec.Columns = append(spec.Columns, column)
	}
	spec.sortByRole()
	if err := spec.check(); err != nil {
		panic(fmt.Sprintf("store: table %s: %v", name, err))
	}
	return spec
}

func (s *Spec) sortByRole() {
	for i, column := range s.Columns {
		switch column.Role {
		case Partition:
			s.Partition = append(s.Partition, i)
		case Clustering:
			s.Clustering = append(s.Clustering, i)
		case Static:
			s.Static = append(s.Static, i)
		case Regular:
			s.Regular = append(s.Regular, i)
		}
	}
}

func (s *Spec) check() error {
	switch {
	case len(s.Partition) == 0:
		return fmt.Errorf("has no partition column")
	case len(s.Static) > 0 && s.Class != ConditionalClass:
		return fmt.Errorf("only a conditional table has static columns")
	case len(s.Static) > 0 && len(s.Clustering) == 0:
		return fmt.Errorf("a static column needs a clustering column")
	}
	return nil
}

// columnOf reads one field: `store:"TAG[,partition|clustering[,desc]|static]"`.
func columnOf(field reflect.StructField) (Column, error) {
	parts := strings.Split(field.Tag.Get("store"), ",")
	tag, err := strconv.Atoi(parts[0])
	if err != nil || tag < 1 || tag > 255 {
		return Column{}, fmt.Errorf("field %s has no tag number from 1 to 255", field.Name)
	}
	column := Column{Name: snakeCase(field.Name), Tag: tag, Role: Regular}
	for _, word := range parts[1:] {
		switch word {
		case "partition":
			column.Role = Partition
		case "clustering":
			column.Role = Clustering
		case "static":
			column.Role = Static
		case "desc":
			column.Descending = true
		default:
			return Column{}, fmt.Errorf("field %s: what is %q?", field.Name, word)
		}
	}
	if column.Descending && column.Role != Clustering {
		return Column{}, fmt.Errorf("field %s: only a clustering column has an order", field.Name)
	}
	column.Type, err = typeOf(field)
	return column, err
}

func typeOf(field reflect.StructField) (Type, error) {
	switch field.Type {
	case reflect.TypeFor[string]():
		return Text, nil
	case reflect.TypeFor[int64]():
		return Integer, nil
	case reflect.TypeFor[bool]():
		return Boolean, nil
	case reflect.TypeFor[[]byte]():
		return Bytes, nil
	case reflect.TypeFor[time.Time]():
		return Timestamp, nil
	}
	return 0, fmt.Errorf("field %s: a column cannot be a %s", field.Name, field.Type)
}

// snakeCase turns a field's name into a column's: AccountID becomes account_id.
func snakeCase(name string) string {
	var out strings.Builder
	letters := []rune(name)
	for i, letter := range letters {
		startsWord := unicode.IsUpper(letter) && i > 0 &&
			(unicode.IsLower(letters[i-1]) || (i+1 < len(letters) && unicode.IsLower(letters[i+1])))
		if startsWord {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(letter))
	}
	return out.String()
}

// position is a column by name, and whether there is one.
func (s *Spec) position(name string) (int, bool) {
	for i, column := range s.Columns {
		if column.Name == name {
			return i, true
		}
	}
	return 0, false
}
