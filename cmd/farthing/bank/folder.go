package bank

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"farthing/pkg/clock"
)

// Folder is where a bank keeps everything:
//
//	bank/          its life: the store, the keys, and who the demonstration customer is; there only when complete
//	apple/         the fake Apple's key and authority, of the latest start
//	mail/          the mails that its customers would get, unless a mail server is named
//	events.token   what clients of its event server show, of the latest start
//	bank.json      the Notice of a bank that runs
//	lock           held by it
type Folder string

func (f Folder) life() string   { return filepath.Join(string(f), "bank") }
func (f Folder) apple() string  { return filepath.Join(string(f), "apple") }
func (f Folder) mail() string   { return filepath.Join(string(f), "mail") }
func (f Folder) notice() string { return filepath.Join(string(f), "bank.json") }
func (f Folder) lock() string   { return filepath.Join(string(f), "lock") }

// Shown is the folder as its user may recognise it: absolute, if that can be said.
func (f Folder) Shown() string {
	if whole, err := filepath.Abs(string(f)); err == nil {
		return whole
	}
	return string(f)
}

// take makes the folder and locks it until the file is closed, here and in every process that was handed it. One that
// a dead bank's processes still hold is waited for: they are about to go.
func (f Folder) take(ctx context.Context) (*os.File, error) {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made: %w", err)
	}
	file, err := os.OpenFile(f.lock(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be locked: %w", f.Shown(), err)
	}
	ctx, cancel := context.WithTimeout(ctx, orphansGoWithin)
	defer cancel()
	err = lock(file)
	for errors.Is(err, syscall.EWOULDBLOCK) && !isRunning(holderOf(file)) && clock.Wait(ctx, lookAgainAfter) == nil {
		err = lock(file)
	}
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = fmt.Errorf("the data folder %s is in use by %s", f.Shown(), named(holderOf(file)))
	case err != nil:
		err = fmt.Errorf("the data folder %s cannot be locked: %w", f.Shown(), err)
	default:
		err = sign(file)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

const (
	orphansGoWithin = 10 * time.Second
	lookAgainAfter  = 20 * time.Millisecond
)

func lock(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// sign leaves the process's number in its lock, for whoever finds the folder in use.
func sign(lock *os.File) error {
	if err := lock.Truncate(0); err != nil {
		return err
	}
	_, err := lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// holderOf is the number of the process that took the lock, or 0 if that cannot be read.
func holderOf(lock *os.File) int {
	const digitsMax = 20
	text := make([]byte, digitsMax)
	n, _ := lock.ReadAt(text, 0)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text[:n])))
	if err != nil {
		return 0
	}
	return pid
}

func named(pid int) string {
	if pid == 0 {
		return "another bank"
	}
	return fmt.Sprintf("another bank, process %d", pid)
}

// isRunning tells whether there is such a process. One whose number is not known may be.
func isRunning(pid int) bool {
	return pid == 0 || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// writeFile replaces a file, or leaves the old one as it was. Only its owner may read it, and it is on the disk.
func writeFile(path string, content []byte) error {
	const flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	fresh, err := os.OpenFile(path+".new", flags, 0o600)
	if err != nil {
		return err
	}
	_, err = fresh.Write(content)
	if err = errors.Join(err, fresh.Sync(), fresh.Close()); err != nil {
		return err
	}
	if err := os.Rename(fresh.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a rename in a folder durable.
func syncFolder(folder string) error {
	dir, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
