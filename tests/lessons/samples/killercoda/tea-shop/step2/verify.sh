#!/bin/sh
docker exec window grep -q oolong /tmp/note
