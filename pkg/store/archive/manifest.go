package archive

import (
	"fmt"

	"farthing/pkg/store"
)

const (
	format       = 1
	manifestName = "manifest.json"
)

// manifest says what a whole export holds.
type manifest struct {
	Format int        `json:"format"`
	Source string     `json:"source"`
	Tables []exported `json:"tables"`
}

// exported is a table in a manifest.
type exported struct {
	Shape   shape  `json:"shape"`
	File    string `json:"file"`
	Bytes   int64  `json:"bytes"`
	Records int64  `json:"records"`
	Holds   tally  `json:"holds"`
}

func (m manifest) summary() Summary {
	var s Summary
	for _, t := range m.Tables {
		s.Tables = append(s.Tables, TableSummary{
			Keyspace: t.Shape.Keyspace, Table: t.Shape.Table, Bytes: t.Bytes,
			Rows: t.Holds.Rows, Statics: t.Holds.Statics, Digest: t.Holds.Digest.String(),
		})
	}
	return s
}

// loadManifest reads what a whole export holds.
func loadManifest(dir string) (manifest, error) {
	m, found, err := loadDocument[manifest](dir, manifestName)
	switch {
	case err != nil:
		return manifest{}, err
	case !found:
		return manifest{}, fmt.Errorf("%w: there is no %s", ErrUnfinished, manifestName)
	case m.Format != format:
		return manifest{}, foreign("its format is %d, and this program knows %d", m.Format, format)
	}
	for _, t := range m.Tables {
		if t.File != t.Shape.file() { // Nor does a manifest lead out of its folder.
			return manifest{}, &Damage{File: manifestName, Why: "a table has the file of another"}
		}
	}
	return m, nil
}

// archived is a table of an export, and its declaration here.
type archived struct {
	exported
	declared
}

// matching pairs the tables of an export with those that are declared. Each must have its like.
func matching(m manifest, tables []declared) ([]archived, error) {
	left := make(map[string]declared, len(tables))
	for _, t := range tables {
		left[t.shape.name()] = t
	}
	pairs := make([]archived, 0, len(m.Tables))
	for _, t := range m.Tables {
		here, ok := left[t.Shape.name()]
		if !ok {
			return nil, foreign("table %s is not declared here", t.Shape.name())
		}
		if why := t.Shape.contradicts(here.shape); why != "" {
			return nil, foreign("table %s %s", t.Shape.name(), why)
		}
		delete(left, t.Shape.name())
		pairs = append(pairs, archived{t, here})
	}
	for _, t := range tables {
		if _, missing := left[t.shape.name()]; missing {
			return nil, foreign("table %s was not exported", t.shape.name())
		}
	}
	return pairs, nil
}

// opened is a finished export's manifest, with its tables as these schemas declare them.
func opened(dir string, schemas []store.Schema) (manifest, []archived, error) {
	tables, err := declaredIn(schemas)
	if err != nil {
		return manifest{}, nil, err
	}
	m, err := loadManifest(dir)
	if err != nil {
		return manifest{}, nil, err
	}
	pairs, err := matching(m, tables)
	return m, pairs, err
}
