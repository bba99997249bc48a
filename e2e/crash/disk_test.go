package crash

import (
	"context"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"farthing/pkg/clock"
)

// syncTakes is about a good disk's time: in it the power is cut, while swipes wait for their syncs.
const syncTakes = time.Millisecond

// disk is a file system on which syncing the log takes a while, or which only says that it syncs.
type disk struct {
	vfs.FS
	lies bool
}

// Create is a file on the disk.
func (d disk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := d.FS.Create(name, category)
	return d.file(name, file), err
}

// ReuseForWrite is a file on the disk.
func (d disk) ReuseForWrite(from, to string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := d.FS.ReuseForWrite(from, to, category)
	return d.file(to, file), err
}

// file leaves all but the log as it is.
func (d disk) file(name string, file vfs.File) vfs.File {
	if file == nil || !strings.HasSuffix(name, ".log") {
		return file
	}
	return slowFile{file, d.lies}
}

type slowFile struct {
	vfs.File
	lies bool
}

// Sync takes its time.
func (f slowFile) Sync() error {
	if f.lies {
		return nil
	}
	_ = clock.Wait(context.Background(), syncTakes)
	return f.File.Sync()
}

// SyncData is Sync: there is no difference in memory.
func (f slowFile) SyncData() error { return f.Sync() }

// SyncTo is Sync.
func (f slowFile) SyncTo(int64) (fullSync bool, err error) { return true, f.Sync() }
