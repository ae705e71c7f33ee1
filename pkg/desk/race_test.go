//go:build race

package desk

// raceEnabled says that children take several times the time and memory.
const raceEnabled = true
