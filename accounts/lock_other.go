//go:build !unix

package accounts

import "os"

// lockFile does nothing where there is no flock: nothing keeps a second server out there.
func lockFile(*os.File) error { return nil }

// unlockFile has nothing to do either.
func unlockFile(*os.File) error { return nil }
