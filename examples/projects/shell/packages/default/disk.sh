#!/bin/sh
#--memory 128
echo "arguments: $1"
echo "{\"free\": \"$(df -h / | awk 'NR == 2 { print $4 }')\"}"
