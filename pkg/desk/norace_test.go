//go:build !race

package desk

const raceEnabled = false
