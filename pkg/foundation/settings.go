package foundation

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settingPrefix is how every setting's name begins.
const settingPrefix = "FARTHING_"

// SettingsFrom picks the FARTHING_… settings out of an environment in the form NAME=value. Those of tests
// (FARTHING_TEST_…) are not settings.
func SettingsFrom(environ []string) map[string]string {
	settings := make(map[string]string)
	for _, each := range environ {
		name, value, _ := strings.Cut(each, "=")
		if strings.HasPrefix(name, settingPrefix) && !strings.HasPrefix(name, settingPrefix+"TEST_") {
			settings[name] = value
		}
	}
	return settings
}

// Config fills a struct of settings: a field tagged `setting:"APNS_HOST"` from FARTHING_APNS_HOST. Fields are string,
// bool, int or time.Duration; one that is not set keeps its value, and zero values work in development. Secrets are
// never settings: a setting names the file that holds one.
func (e *Env) Config(into any) error {
	fields := reflect.ValueOf(into).Elem()
	for i := range fields.NumField() {
		name := settingPrefix + fields.Type().Field(i).Tag.Get("setting")
		e.process.known[name] = true
		text, ok := e.process.options.Settings[name]
		if !ok {
			continue
		}
		if err := setField(fields.Field(i), text); err != nil {
			return fmt.Errorf("setting %s: %w", name, err)
		}
	}
	e.Log.Debug("configured", "config", into)
	return nil
}

func setField(field reflect.Value, text string) error {
	switch field.Interface().(type) {
	case string:
		field.SetString(text)
	case bool:
		value, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("must be true or false, not %q", text)
		}
		field.SetBool(value)
	case int:
		value, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("must be a whole number, not %q", text)
		}
		field.SetInt(int64(value))
	case time.Duration:
		value, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("must be a duration such as 5s, not %q", text)
		}
		field.SetInt(int64(value))
	default:
		return fmt.Errorf("cannot hold a %s", field.Type())
	}
	return nil
}

// unknownSettings refuses a start with a setting that nobody reads: it is a misspelt one.
func (p *Process) unknownSettings() error {
	var unknown []string
	for name := range p.options.Settings {
		if !p.known[name] {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return fmt.Errorf("no service knows the setting %s", strings.Join(unknown, ", "))
}
