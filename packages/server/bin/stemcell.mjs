#!/usr/bin/env node
// Here before anything is built, so that `npm ci` in a clone links the command.
import '../dist/bundle/main.js'
