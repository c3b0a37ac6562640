// Package findings holds the rules that clients and servers are judged by: what each is called,
// which clause it comes from, and what breaking it means. It judges nobody: the rooms that see the
// facts do, package diameter flags and AVPs, package scenarios the course of a session, package
// recording that of a capture. Its neighbours: package charging has the word Finding, package api
// shows what was found.
package findings
