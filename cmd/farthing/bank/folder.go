package bank

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Folder is where a bank keeps everything:
//
//	bank/       its life: the store, the keys, and who the demonstration customer is; there only when complete
//	apple/      the fake Apple's key and authority, of the latest start
//	bank.json   the Notice of a bank that runs
//	lock        held by it
type Folder string

func (f Folder) life() string   { return filepath.Join(string(f), "bank") }
func (f Folder) apple() string  { return filepath.Join(string(f), "apple") }
func (f Folder) notice() string { return filepath.Join(string(f), "bank.json") }
func (f Folder) lock() string   { return filepath.Join(string(f), "lock") }

// Shown is the folder as its user may recognise it: absolute, if that can be said.
func (f Folder) Shown() string {
	if whole, err := filepath.Abs(string(f)); err == nil {
		return whole
	}
	return string(f)
}

// take makes the folder and locks it until the closer is closed or the process ends, however it ends.
func (f Folder) take() (io.Closer, error) {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made: %w", err)
	}
	file, err := os.OpenFile(f.lock(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be locked: %w", f.Shown(), err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = fmt.Errorf("the data folder %s is in use by %s", f.Shown(), holderOf(file))
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

// sign leaves the process's number in its lock, for whoever finds the folder in use.
func sign(lock *os.File) error {
	if err := lock.Truncate(0); err != nil {
		return err
	}
	_, err := lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func holderOf(lock *os.File) string {
	const digitsMax = 20
	text := make([]byte, digitsMax)
	n, _ := lock.ReadAt(text, 0)
	if pid, err := strconv.Atoi(strings.TrimSpace(string(text[:n]))); err == nil {
		return fmt.Sprintf("another bank, process %d", pid)
	}
	return "another bank"
}

// writeFile replaces a file, or leaves the old one as it was. Only its owner may read it.
func writeFile(path string, content []byte) error {
	fresh := path + ".new"
	if err := os.WriteFile(fresh, content, 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, path)
}
