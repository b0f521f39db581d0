while [ ! -e /tmp/ready ]; do sleep 0.2; done
echo "The shop is ready."
