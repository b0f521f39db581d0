#!/bin/bash
# Counts what is on the shelves: "green", 'black' and a \ between them.
mkdir -p /root/shop
for kind in green black; do
    echo "$kind \\ $((3 * 4))" >> /root/shop/stock
done
touch /tmp/ready
