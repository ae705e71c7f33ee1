// Package view shows records to people.
//
// What is shown in a terminal comes from strangers: articles, file names, error
// texts. Terminal and OneLine take the teeth out of it; everything else here
// already has.
package view
