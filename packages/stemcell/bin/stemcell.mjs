#!/usr/bin/env node
import '@stemcell/server/main'
