package observe

import "syscall"

// endWithUs has the kernel end a process when the test dies without cleaning up.
func endWithUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
