"""Facts (事实): from the files a bureau has to one checked Dataset."""
