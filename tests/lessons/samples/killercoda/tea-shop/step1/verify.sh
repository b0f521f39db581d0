#!/bin/bash
[[ $(curl -s localhost:8080) == *"Tea of the day"* ]]
