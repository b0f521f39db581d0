#!/bin/sh
echo white 7 >> /root/shop/stock
