"""Videos and TIFF images: does the file contain everything that its headers promise?"""
